//go:build !race

package e2e

// raced is whether the tests, and so the binary too, look for data races.
const raced = false

// slower is how many times as long everything takes.
const slower = 1
