package main

import (
	"strings"
	"testing"
)

// said feeds a report and returns what it says and whether all is well.
func said(strict bool, events ...string) (string, bool) {
	var out strings.Builder
	r := newReport(&out)
	for _, e := range events {
		r.line([]byte(e))
	}
	well := r.summary(strict)
	return out.String(), well
}

func TestReport(t *testing.T) {
	const (
		run     = `{"Action":"run","Package":"p","Test":"T"}`
		frame   = `{"Action":"output","Package":"p","Test":"T","Output":"=== RUN   T\n"}`
		words   = `{"Action":"output","Package":"p","Test":"T","Output":"    x_test.go:3: words of the test\n"}`
		missing = `{"Action":"output","Package":"p","Test":"T","Output":"    x_test.go:3: NOT TESTED: no such: thing\n"}`
		panics  = `{"Action":"output","Package":"p","Output":"panic: oh\n"}`
		closing = `{"Action":"output","Package":"p","Output":"ok  \tp\t0.1s\n"}`
		noise   = `{"Action":"output","Package":"p","Output":"PASS\n"}`
		failing = `{"Action":"output","Package":"p","Output":"FAIL\tp\t0.1s\n"}`
	)
	of := func(action string) string { return `{"Action":"` + action + `","Package":"p","Test":"T"}` }
	whole := func(action string) string { return `{"Action":"` + action + `","Package":"p"}` }
	for name, c := range map[string]struct {
		strict bool
		events []string
		want   string
		well   bool
	}{
		"passes": {true, []string{run, frame, words, of("pass"), noise, closing, whole("pass")}, "ok  \tp\t0.1s\n1 tests passed, 0 skipped\n", true},
		"fails": {false, []string{run, frame, words, of("fail"), failing, whole("fail")},
			"    x_test.go:3: words of the test\nFAIL\tp\t0.1s\n0 tests passed, 0 skipped\n", false},
		"dies": {false, []string{run, frame, words, panics, failing, whole("fail")},
			"    x_test.go:3: words of the test\npanic: oh\nFAIL\tp\t0.1s\n0 tests passed, 0 skipped\n", false},
		"skips": {false, []string{run, missing, of("skip"), closing, whole("pass")},
			"ok  \tp\t0.1s\n0 tests passed, 1 skipped\n  skipped p T: NOT TESTED: no such: thing\n", true},
		"skips what must be there": {true, []string{run, missing, of("skip"), closing, whole("pass")},
			"ok  \tp\t0.1s\n0 tests passed, 1 skipped\n  skipped p T: NOT TESTED: no such: thing\n  with CI=true nothing may be missing\n", false},
		"skips what does not apply": {true, []string{run, words, of("skip"), closing, whole("pass")},
			"ok  \tp\t0.1s\n0 tests passed, 1 skipped\n  skipped p T: words of the test\n", true},
		"does not build": {false, []string{`{"Action":"build-output","ImportPath":"p","Output":"p.go:1: wrong\n"}`, `{"Action":"build-fail","ImportPath":"p"}`},
			"p.go:1: wrong\n0 tests passed, 0 skipped\n", false},
		"says something else": {false, []string{"go: no such module"}, "go: no such module\n0 tests passed, 0 skipped\n", true},
	} {
		t.Run(name, func(t *testing.T) {
			if got, well := said(c.strict, c.events...); got != c.want || well != c.well {
				t.Errorf("well %v, want %v\n%s\nwant\n%s", well, c.well, got, c.want)
			}
		})
	}
}
