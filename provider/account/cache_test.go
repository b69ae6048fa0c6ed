package account

import (
	"fmt"
	"sync"
	"testing"

	"signet/storage"
)

// A value that was read before a change and stored after it would stay for ever.
func TestCache_LoadOvertakenByChange(t *testing.T) {
	c := newCache[string](10)
	_, changes, ok := c.get("a")
	if ok {
		t.Fatal("there from the start")
	}
	c.drop("a")
	c.put("a", "old", changes)
	if v, _, ok := c.get("a"); ok {
		t.Errorf("stored %q after the change", v)
	}
	_, changes, _ = c.get("a")
	c.clear()
	c.put("a", "old", changes)
	if _, _, ok := c.get("a"); ok {
		t.Error("stored after everything may have changed")
	}
	_, changes, _ = c.get("a")
	c.put("a", "new", changes)
	if v, _, _ := c.get("a"); v != "new" {
		t.Errorf("got %q", v)
	}
}

func TestCache_BoundedAndKeepsWhatIsUsed(t *testing.T) {
	c := newCache[int](100)
	for i := range 10_000 {
		_, changes, _ := c.get(fmt.Sprint(i))
		c.put(fmt.Sprint(i), i, changes)
		if v, _, ok := c.get("0"); !ok || v != 0 {
			t.Fatalf("what is used was dropped after %d", i)
		}
		if n := c.len(); n > 100 {
			t.Fatalf("%d entries", n)
		}
	}
}

// While one goroutine changes a person and others read, whoever reads after a change has returned sees it.
func TestPeople_NeverStale(t *testing.T) {
	w := newWorld(t)
	p := w.add(t, "ada", "")
	stop := make(chan bool)
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					if _, err := w.Person(ctx(), p.Subject); err != nil {
						t.Error(err)
						return
					}
				}
			}
		})
	}
	for i := range 50 {
		want := fmt.Sprint(i)
		_, err := w.EditPerson(t.Context(), p.Subject, func(p *Person) error { p.Nickname = want; return nil })
		noErr(t, err)
		got, err := w.Person(t.Context(), p.Subject)
		noErr(t, err)
		if got.Nickname != want {
			t.Fatalf("read %q after writing %q", got.Nickname, want)
		}
	}
	close(stop)
	readers.Wait()
}

// A notice without a kind says that anything may have changed.
func TestPeople_NoticeOfEverything(t *testing.T) {
	w := newWorld(t)
	p := w.add(t, "ada", "")
	_, err := w.Person(t.Context(), p.Subject)
	noErr(t, err)
	if w.people.cache.len() != 1 {
		t.Fatal("not cached")
	}
	w.people.changed(storage.Change{Kind: groupKind.Name, ID: p.Subject})
	if w.people.cache.len() != 1 {
		t.Error("dropped for another kind")
	}
	w.people.changed(storage.Change{})
	if w.people.cache.len() != 0 {
		t.Error("kept")
	}
	_, err = w.Person(t.Context(), p.Subject)
	noErr(t, err)
	w.Close()
	if w.people.cache.len() != 0 {
		t.Error("kept after the watch has ended")
	}
}
