package dbtest

import (
	"os"
	"runtime/debug"
)

// Tests make and drop much and keep little: to collect it less often is a tenth of their time.
func init() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
}
