package bolt

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"
)

// children are what the test binary can be started as instead, by name: for what ends or holds a whole process. They get
// their argument, and report lines on standard output.
var children = map[string]func(arg string) error{
	"hold":   holdStore,
	"write":  writeForEver,
	"create": createForEver,
	"probe":  probeFiles,
	"blind":  probeFilesBlindly,
	"fill":   fillDisk,
}

const childVariable = "SIGNET_BOLT_TEST_CHILD"

func TestMain(m *testing.M) {
	if run, ok := children[os.Getenv(childVariable)]; ok {
		if err := run(os.Args[1]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(run(m))
}

// benchDir is for what benchmarks share.
var benchDir string

func run(m *testing.M) int {
	var err error
	if benchDir, err = os.MkdirTemp("", "bolt-bench-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(benchDir)
	return m.Run()
}

// child prepares a child process. before is a command to run it by, such as unshare.
func child(t testing.TB, name, arg string, before ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	line := append(before, self, arg)
	cmd := exec.CommandContext(t.Context(), line[0], line[1:]...)
	cmd.Env = append(os.Environ(), childVariable+"="+name)
	return cmd
}

// started runs a child and returns its lines.
func started(t testing.TB, cmd *exec.Cmd) *bufio.Scanner {
	t.Helper()
	if cmd.Stderr == nil {
		cmd.Stderr = os.Stderr
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return bufio.NewScanner(out)
}

// holdStore opens a store until its standard input ends.
func holdStore(path string) error {
	e, err := Open(path, Options{})
	if err != nil {
		return err
	}
	fmt.Println("open")
	_, _ = io.Copy(io.Discard, os.Stdin)
	return e.Close()
}
