package bolt

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"io"
	"os"

	"signet/storage"
)

// header is what one of bbolt's two meta pages says: where the pages of one committed state are.
type header struct {
	pageSize int64
	root     uint64
	freelist uint64
	// pages is the number of the first page that was never used.
	pages uint64
	txid  uint64
}

// The meta page of bbolt, in the machine's byte order: a page header of 16 bytes, then magic, version, page size and flags
// of 4 bytes each, the root bucket's page and sequence, the free list's page, the page count, the transaction and the
// checksum (FNV-1a of what is before it) of 8 bytes each.
const (
	pageHeaderSize = 16
	headerSize     = pageHeaderSize + 64
	boltMagic      = 0xED0CDAED
	boltVersion    = 2
	noFreelist     = ^uint64(0)
)

// inspect looks at a file before bbolt does, which would crash on many of those that it refuses.
func inspect(f *os.File) (header, error) {
	info, err := f.Stat()
	if err != nil {
		return header{}, err
	}
	h, err := readHeader(f)
	if err != nil {
		return header{}, err
	}
	if used := int64(h.pages) * h.pageSize; used > info.Size() {
		return header{}, fmt.Errorf("%w: truncated: %d bytes of at least %d", storage.ErrDamaged, info.Size(), used)
	}
	return h, nil
}

// readHeader returns the newer valid meta page. The other may be torn: it is the one that a crash has interrupted.
func readHeader(r io.ReaderAt) (header, error) {
	best, found := headerAt(r, 0)
	for size := int64(1024); size <= 65536; size *= 2 {
		h, ok := headerAt(r, size)
		if ok && h.pageSize == size && (!found || h.pageSize == best.pageSize && h.txid > best.txid) {
			best, found = h, true
		}
	}
	if !found {
		return header{}, fmt.Errorf("%w: not a store, or its first pages are lost", storage.ErrDamaged)
	}
	return best, best.check()
}

// headerAt reads a meta page. It is false for one that was not completely written.
func headerAt(r io.ReaderAt, off int64) (header, bool) {
	var b [headerSize]byte
	if _, err := r.ReadAt(b[:], off); err != nil {
		return header{}, false
	}
	m, order := b[pageHeaderSize:], binary.NativeEndian
	sum := fnv.New64a()
	sum.Write(m[:56])
	if order.Uint32(m) != boltMagic || order.Uint32(m[4:]) != boltVersion || order.Uint64(m[56:]) != sum.Sum64() {
		return header{}, false
	}
	return header{
		pageSize: int64(order.Uint32(m[8:])),
		root:     order.Uint64(m[16:]),
		freelist: order.Uint64(m[32:]),
		pages:    order.Uint64(m[40:]),
		txid:     order.Uint64(m[48:]),
	}, true
}

// check refuses what no store of this package has. It always keeps its free list on disk: without one, bbolt would look
// for it in a goroutine of its own, whose panic nobody could catch.
func (h header) check() error {
	ok := h.pageSize >= 1024 && h.pageSize <= 65536 && h.pageSize&(h.pageSize-1) == 0 &&
		h.pages >= 4 && h.pages < 1<<40 &&
		h.root >= 2 && h.root < h.pages &&
		h.freelist != noFreelist && h.freelist >= 2 && h.freelist < h.pages
	if !ok {
		return fmt.Errorf("%w: not a store of this program", storage.ErrDamaged)
	}
	return nil
}
