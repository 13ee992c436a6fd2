package main

import (
	"fmt"
	"runtime/debug"
)

type version struct{}

// Run prints the version and the revision it was built from.
func (version) Run(p program) error {
	revision := "unknown revision"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				revision = s.Value
			}
		}
	}
	_, _ = fmt.Fprintf(p.stdout, "parley %s (%s)\n", release, revision)
	return nil
}

// release is the version in the change log.
const release = "0.1.0"
