package postgres

import (
	"testing"

	"signet/storage"
)

func TestOrigin(t *testing.T) {
	o := origin{node: 7}
	before := o.current()
	payload := notices(before, []storage.Change{{Kind: "person", ID: "a b\x00"}})[0]
	from, change := parseNotice(payload)
	if from != o.current() || change != (storage.Change{Kind: "person", ID: "a b\x00"}) {
		t.Errorf("%q says %v from %q", payload, change, from)
	}
	o.renew()
	if from == o.current() {
		t.Error("a notice that was sent before still counts as this engine's own")
	}
	if other := (&origin{node: 8}); other.current() == before {
		t.Error("two nodes have one origin")
	}
}

func FuzzNotice(f *testing.F) {
	for _, s := range []string{"", "1.0 person YQ", "1.0 person", "1.0 person !", "1.0  ", "a b c d"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, payload string) {
		from, change := parseNotice(payload)
		if change == (storage.Change{}) {
			return
		}
		again, same := parseNotice(notices(from, []storage.Change{change})[0])
		if again != from || same != change {
			t.Fatalf("%q is %v from %q, which comes back as %v from %q", payload, change, from, same, again)
		}
	})
}
