package account

import (
	"encoding/binary"
	"errors"
	"math"

	"signet/storage"
)

// sessionFormat begins every record; a later one has another number.
const sessionFormat = 1

var errSessionFormat = errors.New("account: session record of another form")

var sessionCodec = storage.Codec[Session]{Marshal: marshalSession, Unmarshal: unmarshalSession}

func marshalSession(s *Session) ([]byte, error) {
	b := append(make([]byte, 0, 160), sessionFormat)
	b = binary.AppendVarint(b, s.AuthTime)
	b = binary.AppendVarint(b, s.Created)
	b = binary.AppendVarint(b, s.LastSeen)
	b = binary.AppendUvarint(b, uint64(s.PersonEpoch))
	for _, text := range []string{s.secret, s.Subject, s.ACR, s.Browser, s.Address} {
		b = appendText(b, text)
	}
	b = binary.AppendUvarint(b, uint64(len(s.AMR)))
	for _, method := range s.AMR {
		b = appendText(b, method)
	}
	return b, nil
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func unmarshalSession(data []byte, s *Session) error {
	if len(data) == 0 || data[0] != sessionFormat {
		return errSessionFormat
	}
	r := fields{rest: data[1:]}
	s.AuthTime, s.Created, s.LastSeen = r.varint(), r.varint(), r.varint()
	s.PersonEpoch = r.uint32()
	for _, text := range []*string{&s.secret, &s.Subject, &s.ACR, &s.Browser, &s.Address} {
		*text = r.text()
	}
	for n := r.uvarint(); n > 0 && !r.short; n-- {
		s.AMR = append(s.AMR, r.text())
	}
	if r.short || len(r.rest) > 0 {
		return errSessionFormat
	}
	return nil
}

// fields reads what marshalSession wrote. Once something is missing or too large it is short, and gives zero values.
type fields struct {
	rest  []byte
	short bool
}

func (f *fields) varint() int64 {
	v, n := binary.Varint(f.rest)
	f.skip(n)
	return v
}

func (f *fields) uvarint() uint64 {
	v, n := binary.Uvarint(f.rest)
	f.skip(n)
	return v
}

func (f *fields) uint32() uint32 {
	v := f.uvarint()
	f.short = f.short || v > math.MaxUint32
	return uint32(v)
}

func (f *fields) text() string {
	n := f.uvarint()
	if n > uint64(len(f.rest)) {
		f.short = true
		return ""
	}
	s := string(f.rest[:n])
	f.rest = f.rest[n:]
	return s
}

func (f *fields) skip(n int) {
	if n <= 0 {
		f.short, f.rest = true, nil
		return
	}
	f.rest = f.rest[n:]
}

var seenCodec = storage.Codec[int64]{
	Marshal: func(at *int64) ([]byte, error) { return binary.AppendVarint(nil, *at), nil },
	Unmarshal: func(data []byte, at *int64) error {
		f := fields{rest: data}
		if *at = f.varint(); f.short || len(f.rest) > 0 {
			return errSessionFormat
		}
		return nil
	},
}
