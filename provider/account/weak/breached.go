package weak

import (
	"bytes"
	"crypto/sha1" // what such lists are made of; nothing depends on it being hard to invert
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
)

// ErrList says that a file is no list of breached passwords.
var ErrList = errors.New("weak: not a sorted list of SHA-1 hashes, one a line")

// List is a file of passwords that were in breaches, as Have I Been Pwned gives them away: a line for each, sorted, that begins with
// the SHA-1 hash in hexadecimal; what follows a colon is not looked at. It is searched where it lies: nothing of it is kept in memory,
// and nobody is asked. Its methods may be called from many goroutines.
type List struct {
	file io.ReaderAt
	size int64
}

const (
	hashDigits = 2 * sha1.Size
	// maxLine is longer than any line.
	maxLine = 80
)

// NewList returns the list in a file of so many bytes, of which it looks at the beginning, the middle and the end. It returns ErrList
// for another file.
func NewList(file io.ReaderAt, size int64) (*List, error) {
	l := &List{file: file, size: size}
	if err := l.check(); err != nil {
		return nil, fmt.Errorf("weak: breached passwords: %w", err)
	}
	return l, nil
}

func (l *List) check() error {
	former := ""
	for _, at := range []int64{0, l.size / 2, max(l.size-maxLine, 0)} {
		hash, _, err := l.lineAt(at)
		if errors.Is(err, io.EOF) && at > 0 {
			continue
		}
		if errors.Is(err, io.EOF) || hash < former {
			return ErrList
		}
		if err != nil {
			return err
		}
		former = hash
	}
	return nil
}

// Has tells whether a password is in the list. It reads a line some thirty times.
func (l *List) Has(password string) (bool, error) {
	sum := sha1.Sum([]byte(password))
	want := strings.ToUpper(hex.EncodeToString(sum[:]))
	// The line is at low or behind it, and before high.
	low, high := int64(0), l.size
	for low < high {
		middle := low + (high-low)/2
		hash, next, err := l.lineAt(middle)
		switch {
		case errors.Is(err, io.EOF) || err == nil && hash > want:
			high = middle
		case err != nil:
			return false, fmt.Errorf("weak: breached passwords: %w", err)
		case hash == want:
			return true, nil
		default:
			low = next
		}
	}
	return false, nil
}

// lineAt is the hash of the first line that begins at a place or behind it, and where the next line begins; io.EOF if there is none.
func (l *List) lineAt(at int64) (hash string, next int64, err error) {
	from := max(at-1, 0)
	buf := make([]byte, 2*maxLine)
	n, err := l.file.ReadAt(buf, from)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", 0, err
	}
	rest := buf[:n]
	if at > 0 {
		end := bytes.IndexByte(rest, '\n')
		if end < 0 {
			return "", 0, endOr(n)
		}
		from, rest = from+int64(end)+1, rest[end+1:]
	}
	if len(rest) == 0 {
		return "", 0, io.EOF
	}
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	if len(line) < hashDigits || len(line) > hashDigits && line[hashDigits] != ':' && line[hashDigits] != '\r' {
		return "", 0, ErrList
	}
	hash = strings.ToUpper(string(line[:hashDigits]))
	if strings.Trim(hash, "0123456789ABCDEF") != "" {
		return "", 0, ErrList
	}
	return hash, from + int64(len(line)) + 1, nil
}

// endOr tells the end of the file from a line that is too long.
func endOr(n int) error {
	if n == 2*maxLine {
		return ErrList
	}
	return io.EOF
}
