package provider

import (
	"encoding/binary"
	"errors"
	"slices"
)

// The sealed values and the grant are written in a compact form of their own: they are made and read at every request, and
// travel in URLs. The first byte is the form's number; a form never changes, a new one gets a new number.

// errWire says that bytes are not of the form that was expected.
var errWire = errors.New("provider: malformed value")

type wireWriter struct{ b []byte }

func newWriter(form byte) *wireWriter {
	w := &wireWriter{b: make([]byte, 0, 256)}
	w.b = append(w.b, form)
	return w
}

func (w *wireWriter) int(n int64)   { w.b = binary.AppendVarint(w.b, n) }
func (w *wireWriter) uint(n uint64) { w.b = binary.AppendUvarint(w.b, n) }
func (w *wireWriter) string(s string) {
	w.b = binary.AppendUvarint(w.b, uint64(len(s)))
	w.b = append(w.b, s...)
}

func (w *wireWriter) strings(list []string) {
	w.uint(uint64(len(list)))
	for _, s := range list {
		w.string(s)
	}
}

func (w *wireWriter) bool(v bool) {
	if v {
		w.b = append(w.b, 1)
		return
	}
	w.b = append(w.b, 0)
}

// wireReader reads what a wireWriter wrote. The first mistake sticks; done reports it.
type wireReader struct {
	b []byte
	// form is the number that the value has.
	form byte
	bad  bool
}

func newReader(b []byte, forms ...byte) *wireReader {
	if len(b) == 0 || !slices.Contains(forms, b[0]) {
		return &wireReader{bad: true}
	}
	return &wireReader{b: b[1:], form: b[0]}
}

func (r *wireReader) int() int64 {
	n, k := binary.Varint(r.b)
	return n * int64(r.skip(k))
}

func (r *wireReader) uint() uint64 {
	n, k := binary.Uvarint(r.b)
	return n * uint64(r.skip(k))
}

// skip moves on by the k bytes that a number took; it returns 0 to make the number 0 if it was malformed.
func (r *wireReader) skip(k int) int {
	if r.bad || k <= 0 {
		r.bad = true
		return 0
	}
	r.b = r.b[k:]
	return 1
}

func (r *wireReader) string() string {
	n := r.uint()
	if r.bad || n > uint64(len(r.b)) {
		r.bad = true
		return ""
	}
	s := string(r.b[:n])
	r.b = r.b[n:]
	return s
}

func (r *wireReader) strings() []string {
	n := r.uint()
	if r.bad || n > uint64(len(r.b)) {
		r.bad = true
		return nil
	}
	if n == 0 {
		return nil
	}
	list := make([]string, n)
	for i := range list {
		list[i] = r.string()
	}
	return list
}

func (r *wireReader) bool() bool {
	if r.bad || len(r.b) == 0 {
		r.bad = true
		return false
	}
	v := r.b[0] == 1
	r.b = r.b[1:]
	return v
}

func (r *wireReader) done() error {
	if r.bad || len(r.b) != 0 {
		return errWire
	}
	return nil
}
