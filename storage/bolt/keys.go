package bolt

import (
	"bytes"
	"encoding/binary"

	"signet/storage"
)

// Bucket names. A kind's name cannot hold a colon, so no two can meet.
const (
	lastingPrefix = "l:"
	passingPrefix = "p:"
	expiryPrefix  = "e:"
	indexPrefix   = "i:"
)

var (
	metaBucket   = []byte("meta")
	formatKey    = []byte("signet-format")
	highWaterKey = []byte("high-water")
)

// expirySize is how many bytes of a passing record's key, and of an expiry bucket's, are the time.
const expirySize = 8

func recordsBucket(k *storage.Kind) []byte {
	if k.Passing {
		return []byte(passingPrefix + k.Name)
	}
	return []byte(lastingPrefix + k.Name)
}

func expiryBucket(kind string) []byte { return []byte(expiryPrefix + kind) }

func indexBucket(kind, index string) []byte { return []byte(indexPrefix + kind + ":" + index) }

// recordKey is the key of a record in its kind's bucket.
func recordKey(k storage.Key) []byte {
	if !k.Kind.Passing {
		return []byte(k.ID)
	}
	return expiryKey(k.Expires, k.ID)
}

// expiryKey orders by time, then by id.
func expiryKey[T ~string | ~[]byte](expires int64, id T) []byte {
	b := make([]byte, 0, expirySize+len(id))
	b = binary.BigEndian.AppendUint64(b, uint64(expires))
	return append(b, id...)
}

func expiryOf(key []byte) int64 { return int64(binary.BigEndian.Uint64(key)) }

// An index key is the value, escaped so that no value's bytes can be taken for another's end and byte order is kept: 0 is
// written as 0, 0xFF, and 0, 1 ends it. The record's key follows.
const (
	zeroEscape = 0xFF
	valueEnd   = 0x01
)

func indexKey(value, key []byte) []byte {
	b := make([]byte, 0, len(value)+2+len(key)+bytes.Count(value, []byte{0}))
	return append(appendExact(b, value), key...)
}

// appendExact appends what the index keys of exactly this value begin with.
func appendExact(b, value []byte) []byte {
	return append(appendEscaped(b, value), 0, valueEnd)
}

// appendEscaped appends what the index keys of all values that begin so begin with.
func appendEscaped(b, value []byte) []byte {
	for _, c := range value {
		b = append(b, c)
		if c == 0 {
			b = append(b, zeroEscape)
		}
	}
	return b
}

// splitIndexKey returns the escaped value with its end, and the record's key. ok is false for bytes that indexKey never
// made.
func splitIndexKey(k []byte) (value, key []byte, ok bool) {
	for i := 0; i+1 < len(k); i++ {
		if k[i] != 0 {
			continue
		}
		if k[i+1] == valueEnd {
			return k[:i+2], k[i+2:], true
		}
		i++
	}
	return nil, nil, false
}
