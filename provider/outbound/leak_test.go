package outbound_test

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain lets no goroutine and no file outlive the tests (A-O08): what clients that go away, and servers that do not answer, began
// must end.
func TestMain(m *testing.M) {
	before := descriptors()
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		if after := descriptors(); code == 0 && after > before+5 {
			fmt.Fprintf(os.Stderr, "%d files are open, before the tests %d\n", after, before)
			code = 1
		}
		os.Exit(code)
	}))
}

// descriptors is how many files and connections are open, where the system tells.
func descriptors() int {
	open, _ := os.ReadDir("/proc/self/fd")
	return len(open)
}
