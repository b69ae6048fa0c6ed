package conformance

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"
)

// lasting is the testing.TB of what all tests share: it ends after the last one. What would end a test becomes an error for
// everybody who wants the shared thing.
type lasting struct {
	testing.TB // nil: whatever is not below is not to be used

	mu       sync.Mutex
	cleanups []func()
	failed   bool
}

// shared is that of this run; close is called after the tests.
var shared = &lasting{}

// errMissing says that the machine lacks something.
var errMissing = errors.New("NOT TESTED")

func (l *lasting) Helper() {}

func (l *lasting) Context() context.Context { return context.Background() }

func (l *lasting) Cleanup(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cleanups = append(l.cleanups, f)
}

func (l *lasting) TempDir() string {
	dir := must(os.MkdirTemp("", "oidcc"))
	l.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func (l *lasting) Error(args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failed = true
	fmt.Println(args...)
}

func (l *lasting) Errorf(format string, args ...any) { l.Error(fmt.Sprintf(format, args...)) }

func (l *lasting) Log(args ...any) { fmt.Println(args...) }

func (l *lasting) Logf(format string, args ...any) { l.Log(fmt.Sprintf(format, args...)) }

func (l *lasting) Fatal(args ...any) { panic(errors.New(fmt.Sprint(args...))) }

func (l *lasting) Fatalf(format string, args ...any) { l.Fatal(fmt.Sprintf(format, args...)) }

func (l *lasting) Skip(args ...any) { panic(fmt.Errorf("%w: %s", errMissing, fmt.Sprint(args...))) }

func (l *lasting) Skipf(format string, args ...any) { l.Skip(fmt.Sprintf(format, args...)) }

func (l *lasting) Failed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.failed
}

// close ends what was started, the last one first, and tells whether all went well. failed has the programs say what they
// said.
func (l *lasting) close(failed bool) bool {
	l.mu.Lock()
	l.failed = l.failed || failed
	list := slices.Clone(l.cleanups)
	l.mu.Unlock()
	for _, f := range slices.Backward(list) {
		f()
	}
	return !l.Failed() || failed
}

// attempt calls what may panic with an error.
func attempt[T any](f func() T) (v T, err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case error:
			err = r
		default:
			panic(r)
		}
	}()
	return f(), nil
}
