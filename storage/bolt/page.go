package bolt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// A page of bbolt, in the machine's byte order: its number (8 bytes), what it is (2), how many elements it has (2), how
// many further pages belong to it (4); then the elements, of 16 bytes each; then keys and values. An element has the place
// of its key, counted from the element's own.
const (
	elementSize  = 16
	branchPage   = 0x01
	leafPage     = 0x02
	freelistPage = 0x10
	bucketFlag   = 0x01
	bucketHeader = 16
)

// maxSpan is more bytes than any page of a store and those that belong to it have: bbolt puts up to four records into one,
// however large they are.
const maxSpan = 64 << 20

// page is a page with those that belong to it.
type page []byte

func (p page) id() uint64       { return binary.NativeEndian.Uint64(p) }
func (p page) flags() uint16    { return binary.NativeEndian.Uint16(p[8:]) }
func (p page) count() int       { return int(binary.NativeEndian.Uint16(p[10:])) }
func (p page) overflow() uint64 { return uint64(binary.NativeEndian.Uint32(p[12:])) }

// element is one of a branch or a leaf: the key and, by the page's kind, the page below or the value.
type element struct {
	key      []byte
	child    uint64
	value    []byte
	isBucket bool
}

var (
	errPageKind  = errors.New("is of the wrong kind")
	errPageShape = errors.New("has elements that reach outside it")
	errPageOrder = errors.New("has keys out of order")
)

// elements reads a branch or a leaf, and checks that everything lies within it and is in order.
func (p page) elements() ([]element, error) {
	n := p.count()
	if p.flags() != branchPage && p.flags() != leafPage {
		return nil, errPageKind
	}
	if pageHeaderSize+n*elementSize > len(p) || n == 0 && p.flags() == branchPage {
		return nil, errPageShape
	}
	all := make([]element, n)
	for i := range all {
		var ok bool
		if all[i], ok = p.element(i); !ok {
			return nil, errPageShape
		}
		if i > 0 && bytes.Compare(all[i-1].key, all[i].key) >= 0 {
			return nil, errPageOrder
		}
	}
	return all, nil
}

func (p page) element(i int) (element, bool) {
	at := p[pageHeaderSize+i*elementSize:]
	order := binary.NativeEndian
	if p.flags() == branchPage {
		key, ok := within(at, order.Uint32(at), order.Uint32(at[4:]))
		return element{key: key, child: order.Uint64(at[8:])}, ok
	}
	flags, pos, size := order.Uint32(at), order.Uint32(at[4:]), order.Uint32(at[8:])
	key, ok := within(at, pos, size)
	value, fits := within(at, pos+size, order.Uint32(at[12:]))
	return element{key: key, value: value, isBucket: flags == bucketFlag}, ok && fits && flags <= bucketFlag
}

func within(b []byte, pos, size uint32) ([]byte, bool) {
	if uint64(pos)+uint64(size) > uint64(len(b)) {
		return nil, false
	}
	return b[pos : pos+size : pos+size], true
}

// free reads a free list: page numbers, ascending. A list of more than 65534 has its length first.
func (p page) free(pages uint64) ([]uint64, error) {
	if p.flags() != freelistPage {
		return nil, errPageKind
	}
	n, rest := uint64(p.count()), p[pageHeaderSize:]
	if n == 0xFFFF {
		n, rest = binary.NativeEndian.Uint64(rest), rest[8:]
	}
	if n > uint64(len(rest))/8 {
		return nil, errPageShape
	}
	ids := make([]uint64, n)
	for i := range ids {
		ids[i] = binary.NativeEndian.Uint64(rest[8*i:])
		if ids[i] < 2 || ids[i] >= pages {
			return nil, fmt.Errorf("lists page %d of %d", ids[i], pages)
		}
		if i > 0 && ids[i] <= ids[i-1] {
			return nil, errPageOrder
		}
	}
	return ids, nil
}
