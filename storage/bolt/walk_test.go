package bolt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"signet/storage"
)

// smallStore returns the bytes of a store with n records of each kind, and its header.
func smallStore(t testing.TB, n int) ([]byte, header) {
	e := openNew(t)
	fill(t, e, n, 50)
	apply(t, e, storage.Batch{Then: []storage.Write{{Record: nth(lasting, 3), Delete: true}}})
	var b bytes.Buffer
	if err := e.Backup(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	h, err := readHeader(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), h
}

func TestWalk(t *testing.T) {
	whole, h := smallStore(t, 150)
	order := binary.NativeEndian
	at := func(b []byte, id uint64) []byte { return b[int64(id)*h.pageSize:] }
	root := order.Uint64(at(whole, h.root)) // its own number
	for name, c := range map[string]struct {
		change func(b []byte)
		text   string
	}{
		"whole":               {func([]byte) {}, ""},
		"another number":      {func(b []byte) { order.PutUint64(at(b, root), 99) }, "reach outside"},
		"another kind":        {func(b []byte) { order.PutUint16(at(b, root)[8:], freelistPage) }, "wrong kind"},
		"many elements":       {func(b []byte) { order.PutUint16(at(b, root)[10:], 60000) }, "reach outside"},
		"many further pages":  {func(b []byte) { order.PutUint32(at(b, root)[12:], 1<<31) }, "reach outside"},
		"a key outside":       {func(b []byte) { order.PutUint32(at(b, root)[20:], 1<<31) }, "reach outside"},
		"keys out of order":   {func(b []byte) { at(b, root)[16+order.Uint32(at(b, root)[20:])] = 'z' }, "out of order"},
		"a long free list":    {func(b []byte) { order.PutUint16(at(b, h.freelist)[10:], 60000) }, "reach outside"},
		"a free page outside": {func(b []byte) { order.PutUint64(at(b, h.freelist)[16:], 1<<40) }, "lists page"},
		"the root as free":    {func(b []byte) { freeOnly(at(b, h.freelist), h.root) }, "used twice"},
		"nothing free":        {func(b []byte) { order.PutUint16(at(b, h.freelist)[10:], 0) }, "neither in use nor free"},
	} {
		b := bytes.Clone(whole)
		c.change(b)
		w := walkAll(bytes.NewReader(b), h)
		err := w.run(t.Context())
		if err == nil {
			err = w.complete()
		}
		if name == "whole" && err != nil || name != "whole" && (!errors.Is(err, storage.ErrDamaged) || !strings.Contains(err.Error(), c.text)) {
			t.Errorf("%s: got error %v, want %q", name, err, c.text)
		}
	}
}

func freeOnly(p []byte, id uint64) {
	binary.NativeEndian.PutUint16(p[10:], 1)
	binary.NativeEndian.PutUint64(p[16:], id)
}

// TestWalkSome must not visit more than it may.
func TestWalkSome(t *testing.T) {
	whole, h := smallStore(t, 150)
	for budget := range 20 {
		counter := &countingReader{r: bytes.NewReader(whole), pageSize: h.pageSize}
		if err := walkSome(counter, h, budget).run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if counter.pages > budget+1 {
			t.Errorf("visited %d pages, allowed %d and the free list", counter.pages, budget)
		}
	}
}

type countingReader struct {
	r        *bytes.Reader
	pageSize int64
	pages    int
}

func (c *countingReader) ReadAt(b []byte, off int64) (int, error) {
	if int64(len(b)) == c.pageSize {
		c.pages++
	}
	return c.r.ReadAt(b, off)
}

// FuzzWalk gives walk pages of any contents. It must come to an end.
func FuzzWalk(f *testing.F) {
	whole, h := smallStore(f, 5)
	f.Add(whole[2*h.pageSize:], h.root, h.freelist)
	f.Fuzz(func(t *testing.T, pages []byte, root, freelist uint64) {
		b := append(make([]byte, 2*h.pageSize), pages...)
		b = append(b, make([]byte, h.pageSize-int64(len(b))%h.pageSize)...)
		h := header{pageSize: h.pageSize, root: root, freelist: freelist, pages: uint64(int64(len(b)) / h.pageSize)}
		w := walkAll(bytes.NewReader(b), h)
		if err := w.run(t.Context()); err != nil && !errors.Is(err, storage.ErrDamaged) {
			t.Fatalf("got error %v, want ErrDamaged", err)
		}
		if err := walkSome(bytes.NewReader(b), h, 3).run(t.Context()); err != nil && !errors.Is(err, storage.ErrDamaged) {
			t.Fatalf("got error %v, want ErrDamaged", err)
		}
	})
}
