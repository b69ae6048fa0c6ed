package bolt

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"signet/storage"
)

// walk visits the pages of one committed state and finds those on which bbolt would crash, go round in circles or write
// over what is in use.
type walk struct {
	file io.ReaderAt
	header
	// use tells what each page was found to be.
	use []pageUse
	// todo are pages seen but not yet visited.
	todo []visit
	// budget is how many pages may still be visited, and above makes those nearer to the root come first. Otherwise todo
	// stays short.
	budget int
	above  bool
}

type pageUse byte

const (
	pageFree pageUse = iota + 1
	pageReached
)

// visit is a page to be looked at: its keys are at least low and less than high (nil: no bound). Only the outermost tree
// holds buckets.
type visit struct {
	id        uint64
	low, high []byte
	outermost bool
}

// walkAll visits every page.
func walkAll(file io.ReaderAt, h header) *walk {
	return &walk{file: file, header: h, use: make([]pageUse, h.pages), budget: math.MaxInt}
}

// walkSome visits so many pages, from the root on.
func walkSome(file io.ReaderAt, h header, budget int) *walk {
	w := walkAll(file, h)
	w.budget, w.above = budget, true
	return w
}

// run visits the free list and then, from the root down, as many pages as the budget allows. It returns the first fault
// as an ErrDamaged.
func (w *walk) run(ctx context.Context) error {
	if err := w.freelistPages(); err != nil {
		return err
	}
	w.todo = []visit{{id: w.root, outermost: true}}
	for len(w.todo) > 0 && w.budget > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		w.budget--
		if err := w.visit(w.next()); err != nil {
			return err
		}
	}
	return nil
}

func (w *walk) next() (v visit) {
	if w.above {
		v, w.todo = w.todo[0], w.todo[1:]
		return v
	}
	last := len(w.todo) - 1
	v, w.todo = w.todo[last], w.todo[:last]
	return v
}

// complete tells whether every page is either in use or free, after a run that visited all.
func (w *walk) complete() error {
	for id, use := range w.use[2:] {
		if use == 0 {
			return fault(uint64(id+2), errors.New("is neither in use nor free"))
		}
	}
	return nil
}

func (w *walk) freelistPages() error {
	p, err := w.read(w.freelist)
	if err != nil {
		return err
	}
	ids, err := p.free(w.pages)
	if err != nil {
		return fault(w.freelist, err)
	}
	for _, id := range ids {
		if err := w.mark(id, 0, pageFree); err != nil {
			return err
		}
	}
	return nil
}

func (w *walk) visit(v visit) error {
	p, err := w.read(v.id)
	if err != nil {
		return err
	}
	all, err := p.elements()
	if err != nil {
		return fault(v.id, err)
	}
	if n := len(all); n > 0 && !v.bounds(all[0].key, all[n-1].key) {
		return fault(v.id, errPageOrder)
	}
	if p.flags() == branchPage {
		w.below(v, all)
		return nil
	}
	for _, e := range all {
		if err := w.leaf(v, e); err != nil {
			return err
		}
	}
	return nil
}

func (v visit) bounds(first, last []byte) bool {
	return (v.low == nil || bytes.Compare(v.low, first) <= 0) && (v.high == nil || bytes.Compare(last, v.high) < 0)
}

// below adds the children of a branch.
func (w *walk) below(v visit, all []element) {
	if w.above && len(w.todo) > w.budget {
		return
	}
	for i, e := range all {
		next := visit{id: e.child, low: e.key, high: v.high, outermost: v.outermost}
		if i+1 < len(all) {
			next.high = all[i+1].key
		}
		w.todo = append(w.todo, next)
	}
}

// leaf looks at an element of a leaf. A bucket is a page number and a count; if the number is 0, a small leaf of its own.
func (w *walk) leaf(v visit, e element) error {
	if e.isBucket != v.outermost || e.isBucket && len(e.value) < bucketHeader {
		return fault(v.id, errPageShape)
	}
	if !e.isBucket {
		return nil
	}
	if root := binary.NativeEndian.Uint64(e.value); root != 0 {
		w.todo = append(w.todo, visit{id: root})
		return nil
	}
	inline := page(e.value[bucketHeader:])
	if len(inline) < pageHeaderSize || inline.flags() != leafPage {
		return fault(v.id, errPageShape)
	}
	all, err := inline.elements()
	for _, e := range all {
		if e.isBucket {
			err = errPageShape
		}
	}
	if err != nil {
		return fault(v.id, err)
	}
	return nil
}

// read reads a page with those that belong to it, and marks them as reached.
func (w *walk) read(id uint64) (page, error) {
	if id < 2 || id >= w.pages {
		return nil, fault(id, errors.New("is outside the file"))
	}
	p := make(page, w.pageSize)
	if _, err := w.file.ReadAt(p, int64(id)*w.pageSize); err != nil {
		return nil, fault(id, err)
	}
	n := p.overflow()
	if p.id() != id || id+n >= w.pages || int64(n)*w.pageSize > maxSpan && p.flags() != freelistPage {
		return nil, fault(id, errPageShape)
	}
	if n > 0 {
		p = append(p, make(page, int64(n)*w.pageSize)...)
		if _, err := w.file.ReadAt(p[w.pageSize:], int64(id+1)*w.pageSize); err != nil {
			return nil, fault(id, err)
		}
	}
	return p, w.mark(id, n, pageReached)
}

// mark notes what a page and those that belong to it are. Whatever is reached twice is a fault, and what is reached and
// free.
func (w *walk) mark(id, overflow uint64, use pageUse) error {
	for ; ; id++ {
		if w.use[id] != 0 {
			return fault(id, errors.New("is used twice"))
		}
		w.use[id] = use
		if overflow == 0 {
			return nil
		}
		overflow--
	}
}

func fault(id uint64, err error) error {
	return fmt.Errorf("%w: page %d %w", storage.ErrDamaged, id, err)
}
