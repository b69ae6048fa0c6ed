package config

import (
	"errors"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzLoad feeds documents to Load. What is refused has a reason; what is accepted is sound, and reads back from Show.
func FuzzLoad(f *testing.F) {
	for _, b := range brokenConfigs {
		f.Add(b.doc)
	}
	doc, err := os.ReadFile("testdata/signet.toml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(doc))
	f.Add(Example())
	f.Fuzz(func(t *testing.T, doc string) {
		c, err := from(doc, nil, nil)
		var all *Error
		switch {
		case err == nil:
			readsBack(t, c)
		case !errors.As(err, &all) || len(all.Problems) == 0:
			t.Fatalf("an error without problems: %v", err)
		default:
			for _, p := range all.Problems {
				if p.Got == "" || p.Fix == "" {
					t.Errorf("says too little: %v", p)
				}
			}
		}
	})
}

// readsBack loads what Show writes. Secrets that stood in the file are put back, since Show hides them.
func readsBack(t *testing.T, c *Config) {
	if err := c.Check(); err != nil {
		t.Fatalf("loaded and yet unsound: %v", err)
	}
	text, err := c.Show("text", true)
	if err != nil {
		t.Fatal(err)
	}
	again, err := from(text, nil, nil)
	var all *Error
	if errors.As(err, &all) {
		for _, p := range all.Problems {
			if p.Got != `got "[hidden]"` {
				t.Fatalf("shown and yet refused: %v\n%s", p, text)
			}
		}
		return
	}
	if diff := cmp.Diff(c, again, sameConfig); diff != "" {
		t.Fatalf("%s\n%s", diff, text)
	}
}
