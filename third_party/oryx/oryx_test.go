package oryx_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/ory/x/errorsx"
	"github.com/ory/x/otelx"
	"github.com/ory/x/randx"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

type spy struct {
	noop.Span
	recorded error
	ended    bool
}

func (s *spy) RecordError(err error, _ ...trace.EventOption) { s.recorded = err }
func (s *spy) End(...trace.SpanEndOption)                    { s.ended = true }

func TestCause(t *testing.T) {
	root := errors.New("root")
	if got := errorsx.Cause(fmt.Errorf("b: %w", fmt.Errorf("a: %w", root))); got != root {
		t.Fatalf("got %v", got)
	}
	if errorsx.Cause(nil) != nil {
		t.Fatal("nil has a cause")
	}
	if err := errorsx.WithStack(root); err != root {
		t.Fatalf("got %v", err)
	}
}

func TestEnd(t *testing.T) {
	err := errors.New("x")
	s := &spy{}
	otelx.End(s, &err)
	if !s.ended || s.recorded != err {
		t.Fatalf("ended %v recorded %v", s.ended, s.recorded)
	}
	s = &spy{}
	otelx.End(s, nil)
	if !s.ended || s.recorded != nil {
		t.Fatal("no error must be recorded")
	}
}

func TestRuneSequence(t *testing.T) {
	seen := map[rune]int{}
	for range 200 {
		runes, err := randx.RuneSequence(26, []rune(randx.AlphaUpper))
		if err != nil || len(runes) != 26 {
			t.Fatal(runes, err)
		}
		for _, r := range runes {
			if !strings.ContainsRune(randx.AlphaUpper, r) {
				t.Fatalf("stranger %q", r)
			}
			seen[r]++
		}
	}
	if len(seen) != 26 {
		t.Fatalf("only %d letters of 5,200 draws", len(seen))
	}
	if _, err := randx.RuneSequence(1, nil); err == nil {
		t.Fatal("an empty alphabet must be refused")
	}
}
