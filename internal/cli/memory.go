package cli

import (
	"os"
	"runtime/debug"
)

// What the server trades for time, unless the environment says otherwise: the garbage of a few requests more
// is kept before it is collected, and less of it from a point on at which memory may be dear.
const (
	gcPercent   = 400
	memoryLimit = 512 << 20
)

// tuneMemory sets both, each where the environment does not.
func tuneMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
}
