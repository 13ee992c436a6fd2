//go:build !race

package api_test

// raced is whether the tests look for data races.
const raced = false
