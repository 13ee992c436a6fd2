package e2e

import (
	"testing"
)

// The people of the demo, as it prints them.
const (
	demoAdmin    = "mira@rosas.example"
	demoAgent    = "ana@rosas.example"
	demoPassword = "parley-demo-2026"
)

// startDemo starts `parley demo`.
func startDemo(t testing.TB) *process {
	t.Helper()
	return launch(t, nil, "demo")
}
