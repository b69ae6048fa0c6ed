package postgres

import (
	"cmp"
	"fmt"
	"slices"

	"signet/storage"
)

// plan is a batch as apply_1 takes it: arrays, one element for each condition, write or entry.
type plan struct {
	locks []lock
	ask   conditions
	write writes
	then  arm
	els   arm
}

// arm is what is known of one arm beside its writes.
type arm struct {
	writes int
	// soonest is the earliest expiry of its puts, 0 if none expires.
	soonest int64
	// changes are those to announce.
	changes []storage.Change
}

type conditions struct {
	passing []bool
	kind    []string
	expires []int64
	id      [][]byte
	version []int64
}

// writes are those of both arms, Then first.
type writes struct {
	deleted []bool
	passing []bool
	kind    []string
	expires []int64
	id      [][]byte
	version []int64
	value   [][]byte
	// asked is the version that a condition asks of the record, or nil.
	asked []*int64
	// entries is how many entries this write and those before it have.
	entries []int32
	name    []string
	term    [][]byte
}

// place is where a record is kept. Of a lasting one the expiry is 0, for it says nothing.
type place struct {
	kind    string
	passing bool
	expires int64
	id      string
}

func placeOf(k storage.Key) place {
	if !k.Kind.Passing {
		return place{kind: k.Kind.Name, id: k.ID}
	}
	return place{kind: k.Kind.Name, passing: true, expires: k.Expires, id: k.ID}
}

func comparePlaces(a, b place) int {
	if a.passing != b.passing {
		if a.passing {
			return 1
		}
		return -1
	}
	return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.expires, b.expires), cmp.Compare(a.id, b.id))
}

func newPlan(space lockspace, b storage.Batch) (*plan, error) {
	if err := b.Check(); err != nil {
		return nil, err
	}
	p := &plan{locks: space.locks(b)}
	p.ask.make(len(b.If))
	p.write.make(len(b.Then) + len(b.Else))
	asked := make(map[place]*int64, len(b.If))
	for _, c := range b.If {
		asked[placeOf(c.Key)] = p.ask.add(c)
	}
	var err error
	if p.then, err = p.write.addArm(b.Then, asked); err != nil {
		return nil, err
	}
	// Else is written because a condition did not hold, so nothing is known of what it replaces.
	p.els, err = p.write.addArm(b.Else, nil)
	return p, err
}

func (c *conditions) make(n int) {
	c.passing, c.kind, c.id = make([]bool, 0, n), make([]string, 0, n), make([][]byte, 0, n)
	c.expires, c.version = make([]int64, 0, n), make([]int64, 0, n)
}

// add appends a condition and returns where its version is.
func (c *conditions) add(cond storage.Condition) *int64 {
	c.passing = append(c.passing, cond.Kind.Passing)
	c.kind = append(c.kind, cond.Kind.Name)
	c.expires = append(c.expires, cond.Expires)
	c.id = append(c.id, []byte(cond.ID))
	c.version = append(c.version, int64(cond.Version))
	return &c.version[len(c.version)-1]
}

func (w *writes) make(n int) {
	w.deleted, w.passing, w.kind = make([]bool, 0, n), make([]bool, 0, n), make([]string, 0, n)
	w.expires, w.version, w.asked = make([]int64, 0, n), make([]int64, 0, n), make([]*int64, 0, n)
	w.id, w.value, w.entries = make([][]byte, 0, n), make([][]byte, 0, n), make([]int32, 0, n)
	w.name, w.term = []string{}, [][]byte{}
}

// addArm appends the writes of an arm, in the order of their places.
func (w *writes) addArm(arms []storage.Write, asked map[place]*int64) (arm, error) {
	a := arm{writes: len(arms)}
	sorted := slices.Clone(arms)
	slices.SortFunc(sorted, func(x, y storage.Write) int { return comparePlaces(placeOf(x.Key), placeOf(y.Key)) })
	for i, write := range sorted {
		if i > 0 && placeOf(write.Key) == placeOf(sorted[i-1].Key) {
			return a, fmt.Errorf("%w: %s: one key written twice", storage.ErrInvalid, write.Kind.Name)
		}
		w.add(write, asked[placeOf(write.Key)])
		if !write.Delete && write.Expires != 0 && (a.soonest == 0 || write.Expires < a.soonest) {
			a.soonest = write.Expires
		}
	}
	for _, write := range arms {
		if write.Kind.Notify {
			a.changes = append(a.changes, storage.Change{Kind: write.Kind.Name, ID: write.ID})
		}
	}
	return a, nil
}

func (w *writes) add(write storage.Write, asked *int64) {
	w.deleted = append(w.deleted, write.Delete)
	w.passing = append(w.passing, write.Kind.Passing)
	w.kind = append(w.kind, write.Kind.Name)
	w.expires = append(w.expires, write.Expires)
	w.id = append(w.id, []byte(write.ID))
	w.version = append(w.version, int64(write.Version))
	w.value = append(w.value, append([]byte{}, write.Value...))
	w.asked = append(w.asked, asked)
	if !write.Delete {
		w.addEntries(write.Index)
	}
	w.entries = append(w.entries, int32(len(w.name)))
}

// addEntries appends entries, each once.
func (w *writes) addEntries(entries []storage.Entry) {
	for i, e := range entries {
		if slices.ContainsFunc(entries[:i], func(o storage.Entry) bool {
			return o.Index == e.Index && string(o.Value) == string(e.Value)
		}) {
			continue
		}
		w.name = append(w.name, e.Index)
		w.term = append(w.term, e.Value)
	}
}
