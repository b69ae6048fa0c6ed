package bolt

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"signet/storage"
)

// An envelope is what a record bucket keeps under a record's key:
//
//	checksum   4 bytes, CRC-32C of bucket name, key and all that follows
//	version    uvarint
//	expires    uvarint; 0 for a passing record, whose key has it
//	entries    uvarint, then for each: length and name, length and value (uvarints)
//	value      the rest
//
// The checksum is against a disk that returns other bytes than it was given, which bbolt does not notice; it includes the
// place, so that a record found under another's key is noticed too. Against people there is the seal.
type envelope struct {
	version uint64
	expires int64
	entries []storage.Entry
	value   []byte
}

const checksumSize = 4

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func encode(bucket, key []byte, r storage.Record) []byte {
	b := make([]byte, checksumSize, envelopeSize(r))
	b = binary.AppendUvarint(b, r.Version)
	expires := r.Expires
	if r.Kind.Passing {
		expires = 0
	}
	b = binary.AppendUvarint(b, uint64(expires))
	entries := distinct(r.Index)
	b = binary.AppendUvarint(b, uint64(len(entries)))
	for _, e := range entries {
		b = binary.AppendUvarint(b, uint64(len(e.Index)))
		b = append(b, e.Index...)
		b = binary.AppendUvarint(b, uint64(len(e.Value)))
		b = append(b, e.Value...)
	}
	b = append(b, r.Value...)
	binary.LittleEndian.PutUint32(b, checksum(bucket, key, b[checksumSize:]))
	return b
}

func envelopeSize(r storage.Record) int {
	n := checksumSize + 3*binary.MaxVarintLen64 + len(r.Value)
	for _, e := range r.Index {
		n += 2*binary.MaxVarintLen16 + len(e.Index) + len(e.Value)
	}
	return n
}

// distinct leaves out entries that are there twice; most records have none at all.
func distinct(entries []storage.Entry) []storage.Entry {
	for i, e := range entries {
		if !hasEntry(entries[:i], e) {
			continue
		}
		kept := append([]storage.Entry(nil), entries[:i]...)
		for _, e := range entries[i+1:] {
			if !hasEntry(kept, e) {
				kept = append(kept, e)
			}
		}
		return kept
	}
	return entries
}

func hasEntry(entries []storage.Entry, e storage.Entry) bool {
	for _, o := range entries {
		if o.Index == e.Index && bytes.Equal(o.Value, e.Value) {
			return true
		}
	}
	return false
}

func checksum(bucket, key, rest []byte) uint32 {
	sum := crc32.Update(0, castagnoli, bucket)
	sum = crc32.Update(sum, castagnoli, key)
	return crc32.Update(sum, castagnoli, rest)
}

// decode reads an envelope that stands under a key of a bucket. What it returns shares raw's memory.
func decode(bucket, key, raw []byte) (envelope, error) {
	if len(raw) < checksumSize || binary.LittleEndian.Uint32(raw) != checksum(bucket, key, raw[checksumSize:]) {
		return envelope{}, damagedRecord(bucket, key)
	}
	r := reader{rest: raw[checksumSize:]}
	env := envelope{version: r.uvarint(), expires: int64(r.uvarint())}
	if n := r.uvarint(); n > 0 && n <= storage.MaxEntries {
		env.entries = make([]storage.Entry, n)
	} else if n != 0 {
		r.bad = true
	}
	for i := range env.entries {
		env.entries[i].Index = string(r.bytes())
		env.entries[i].Value = r.bytes()
	}
	env.value = r.rest
	if passing := bytes.HasPrefix(bucket, []byte(passingPrefix)); passing && len(key) > expirySize {
		env.expires = expiryOf(key)
	} else if passing {
		r.bad = true
	}
	if r.bad || env.version == 0 || env.expires < 0 {
		return envelope{}, damagedRecord(bucket, key)
	}
	return env, nil
}

func damagedRecord(bucket, key []byte) error {
	return fmt.Errorf("%w: record %s %x", storage.ErrDamaged, bucket, key)
}

// expired is how the whole package judges: a record is gone from the second that it names.
func expired(expires, now int64) bool { return expires != 0 && expires <= now }

// reader takes fields off a byte string and remembers whether it ran short.
type reader struct {
	rest []byte
	bad  bool
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 {
		r.bad, r.rest = true, nil
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

func (r *reader) bytes() []byte {
	n := r.uvarint()
	if n > uint64(len(r.rest)) {
		r.bad, r.rest = true, nil
		return nil
	}
	b := r.rest[:n:n]
	r.rest = r.rest[n:]
	return b
}
