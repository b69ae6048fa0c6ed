// Command report reads the events of `go test -json` and says what go test would have said, and after it what was skipped
// and why, which go test keeps to itself. With CI=true in the environment a skip that begins "NOT TESTED" is a failure.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
)

// event is one line of `go test -json` (go doc test2json).
type event struct {
	Action, Package, Test, Output, ImportPath string
}

// report is what was seen so far. Output is kept until it is known whether anybody wants it.
type report struct {
	out     io.Writer
	output  map[[2]string][]string // by package and test; the empty test is the package's own
	order   map[string][]string    // a package's tests without a result, in order
	skipped []string
	passed  int
	failed  bool
}

func newReport(out io.Writer) *report {
	return &report{out: out, output: map[[2]string][]string{}, order: map[string][]string{}}
}

func main() {
	r := newReport(os.Stdout)
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		r.line(lines.Bytes())
	}
	if err := lines.Err(); err != nil {
		fmt.Fprintln(os.Stderr, "report:", err)
		r.failed = true
	}
	if !r.summary(os.Getenv("CI") == "true") {
		os.Exit(1)
	}
}

func (r *report) line(b []byte) {
	var e event
	if json.Unmarshal(b, &e) != nil {
		fmt.Fprintf(r.out, "%s\n", b)
		return
	}
	switch {
	case e.Action == "build-output":
		fmt.Fprint(r.out, e.Output)
	case e.Action == "build-fail":
		r.failed = true
	case e.Test == "":
		r.ofPackage(e)
	default:
		r.ofTest(e)
	}
}

func (r *report) ofTest(e event) {
	key := [2]string{e.Package, e.Test}
	switch e.Action {
	case "run":
		r.order[e.Package] = append(r.order[e.Package], e.Test)
	case "output":
		r.output[key] = append(r.output[key], e.Output)
		return
	case "pass":
		r.passed++
	case "skip":
		r.skipped = append(r.skipped, fmt.Sprintf("%s %s: %s", e.Package, e.Test, reason(r.output[key])))
	case "fail":
		r.failed = true
		r.print(key)
	default:
		return
	}
	if e.Action != "run" {
		delete(r.output, key)
	}
}

func (r *report) ofPackage(e event) {
	key := [2]string{e.Package, ""}
	switch e.Action {
	case "output":
		r.output[key] = append(r.output[key], e.Output)
	case "fail":
		r.failed = true
		for _, test := range r.order[e.Package] {
			r.print([2]string{e.Package, test})
		}
		r.print(key)
	case "pass", "skip":
		for _, line := range r.output[key] {
			if strings.HasPrefix(line, "ok ") || strings.HasPrefix(line, "? ") || strings.HasPrefix(line, "\t") {
				fmt.Fprint(r.out, line)
			}
		}
		delete(r.output, key)
	}
}

// print says what was kept for a package or a test without result, once.
func (r *report) print(key [2]string) {
	for _, line := range r.output[key] {
		if !strings.HasPrefix(line, "=== ") {
			fmt.Fprint(r.out, line)
		}
	}
	delete(r.output, key)
}

// reason is what a skipped test said: its output without the frame and without the file's name.
func reason(output []string) string {
	var words []string
	for _, line := range output {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "=== ") || strings.HasPrefix(line, "--- ") {
			continue
		}
		if _, said, ok := strings.Cut(line, ": "); ok && strings.Contains(line[:len(line)-len(said)], ".go:") {
			line = said
		}
		words = append(words, line)
	}
	return strings.Join(words, " ")
}

// summary says how many tests passed and which were skipped. It tells whether all is well.
func (r *report) summary(strict bool) bool {
	fmt.Fprintf(r.out, "%d tests passed, %d skipped\n", r.passed, len(r.skipped))
	for _, s := range r.skipped {
		fmt.Fprintln(r.out, "  skipped", s)
		if strict && strings.Contains(s, ": NOT TESTED") {
			fmt.Fprintln(r.out, "  with CI=true nothing may be missing")
			r.failed = true
		}
	}
	return !r.failed
}
