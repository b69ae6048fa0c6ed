package postgres

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"

	"signet/storage"
)

// cursor is a place in a list: everything after it in the order of value, expires, id is still to come. The empty one is
// before all, because no id is empty.
type cursor struct {
	value   []byte
	expires int64
	id      []byte
}

// String is the cursor as a page's Next.
func (c cursor) String() string {
	b := binary.AppendUvarint(nil, uint64(len(c.value)))
	b = append(b, c.value...)
	b = binary.AppendUvarint(b, uint64(c.expires))
	return base64.RawURLEncoding.EncodeToString(append(b, c.id...))
}

func parseCursor(s string) (cursor, error) {
	if s == "" {
		return cursor{value: []byte{}, id: []byte{}}, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return cursor{}, badCursor()
	}
	size, n := binary.Uvarint(b)
	if n <= 0 || size > uint64(len(b)-n) {
		return cursor{}, badCursor()
	}
	c := cursor{value: b[n : n+int(size)]}
	b = b[n+int(size):]
	expires, n := binary.Uvarint(b)
	if n <= 0 {
		return cursor{}, badCursor()
	}
	c.expires, c.id = int64(expires), b[n:]
	return c, nil
}

func badCursor() error { return fmt.Errorf("%w: not a place in a list", storage.ErrInvalid) }

// beyond is greater than every id and every indexed value.
var beyond = bytes.Repeat([]byte{0xff}, max(storage.MaxID, storage.MaxIndexValue)+1)

// bounds returns the least value that a query asks for, and the first one that is too great: of an indexed value, or of an
// id if there is no index. Both are always given, so that a plan that is made once scans no more than it must.
func bounds(q storage.Query) (low, high []byte) {
	if len(q.Equal) > 0 {
		return q.Equal, append(bytes.Clone(q.Equal), 0)
	}
	if len(q.Prefix) == 0 {
		return []byte{}, beyond
	}
	return q.Prefix, successor(q.Prefix)
}

// successor is the first value after all that begin with a prefix.
func successor(prefix []byte) []byte {
	for i := len(prefix) - 1; i >= 0; i-- {
		if prefix[i] != 0xff {
			s := bytes.Clone(prefix[:i+1])
			s[i]++
			return s
		}
	}
	return beyond
}
