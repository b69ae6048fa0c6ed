package keys

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// masterSize is the length of a master key in bytes.
const masterSize = 32

// ErrMaster says that a master key, or the file that holds it, cannot be used.
var ErrMaster = errors.New("keys: master key")

// b64 is the one spelling of binary values that is accepted: base64url, no padding, no slack bits.
var b64 = base64.RawURLEncoding.Strict()

// Master is the secret from which all keys of the seal are derived: up to 255 master keys, the last of which seals while
// all of them open, and one hash key.
//
// The hash key is apart from the others because what it makes is looked up, not opened: it must stay the same for the life
// of the data, while master keys come and go.
type Master struct {
	hash masterKey
	keys []sealingKey
}

type masterKey [masterSize]byte

type sealingKey struct {
	id  byte
	key masterKey
}

// GenerateMaster returns a new Master with one master key, whose id is 1.
func GenerateMaster(rand io.Reader) (*Master, error) {
	m := &Master{}
	if _, err := io.ReadFull(rand, m.hash[:]); err != nil {
		return nil, fmt.Errorf("%w: randomness: %w", ErrMaster, err)
	}
	if _, err := m.Add(rand); err != nil {
		return nil, err
	}
	return m, nil
}

// Add appends a new master key, which seals from now on, and returns its id. What the older ones sealed still opens.
func (m *Master) Add(rand io.Reader) (id byte, err error) {
	next := sealingKey{id: 1}
	if last := len(m.keys) - 1; last >= 0 {
		if m.keys[last].id == 255 {
			return 0, fmt.Errorf("%w: all 255 ids are used", ErrMaster)
		}
		next.id = m.keys[last].id + 1
	}
	if _, err := io.ReadFull(rand, next.key[:]); err != nil {
		return 0, fmt.Errorf("%w: randomness: %w", ErrMaster, err)
	}
	if err := m.admit(next); err != nil {
		return 0, fmt.Errorf("%w: %w", ErrMaster, err)
	}
	return next.id, nil
}

// Remove drops an old master key, once nothing is sealed with it any more (see Sealer.Stale). The current one stays.
func (m *Master) Remove(id byte) error {
	if id == m.Current() {
		return fmt.Errorf("%w: %d is the current one", ErrMaster, id)
	}
	for i, k := range m.keys {
		if k.id == id {
			m.keys = append(m.keys[:i:i], m.keys[i+1:]...)
			return nil
		}
	}
	return fmt.Errorf("%w: there is no %d", ErrMaster, id)
}

// Current is the id of the master key that seals.
func (m *Master) Current() byte { return m.keys[len(m.keys)-1].id }

// IDs are the ids of all master keys, the current one last.
func (m *Master) IDs() []byte {
	ids := make([]byte, len(m.keys))
	for i, k := range m.keys {
		ids[i] = k.id
	}
	return ids
}

const masterHeader = `# Master keys of this Signet installation. Whoever has this file and the data can read everything;
# whoever has only the data can read nothing, and neither can you. Keep a copy, and keep it apart from the backups.
# "hash" must stay as it is for the life of the data. Of the numbered keys the last one seals, the others still open.
`

// Encode returns the text that ParseMaster reads.
func (m *Master) Encode() []byte {
	b := []byte(masterHeader)
	b = fmt.Appendf(b, "hash %s\n", b64.EncodeToString(m.hash[:]))
	for _, k := range m.keys {
		b = fmt.Appendf(b, "%d %s\n", k.id, b64.EncodeToString(k.key[:]))
	}
	return b
}

// String returns "[hidden]".
func (m *Master) String() string { return hidden }

// Format prints "[hidden]" for every verb.
func (m *Master) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// ParseMaster reads the text form: a line "hash <key>", a line "<id> <key>" for each master key with ascending ids from 1
// to 255, and comment lines that begin with "#". A key is 32 random bytes in base64url without padding. It returns an
// ErrMaster that names the line but not its content.
func ParseMaster(text []byte) (*Master, error) {
	m := &Master{}
	haveHash := false
	for i, line := range strings.Split(string(text), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		name, key, err := parseMasterLine(line)
		if err == nil && name == "hash" {
			err = m.setHash(key, haveHash)
			haveHash = true
		} else if err == nil {
			err = m.addLine(name, key)
		}
		if err != nil {
			return nil, fmt.Errorf("%w: line %d: %w", ErrMaster, i+1, err)
		}
	}
	switch {
	case !haveHash:
		return nil, fmt.Errorf("%w: no line \"hash\"", ErrMaster)
	case len(m.keys) == 0:
		return nil, fmt.Errorf("%w: no numbered key", ErrMaster)
	}
	return m, nil
}

func parseMasterLine(line string) (name string, key masterKey, err error) {
	f := strings.Fields(line)
	if len(f) != 2 {
		return "", key, errors.New("want a name and a key")
	}
	raw, err := b64.DecodeString(f[1])
	switch {
	case err != nil:
		return "", key, errors.New("the key is not base64url without padding")
	case len(raw) != masterSize:
		return "", key, fmt.Errorf("the key has %d bytes, want %d", len(raw), masterSize)
	}
	copy(key[:], raw)
	return f[0], key, key.check()
}

// check refuses what nobody drew at random: few different bytes, or nothing but printable text. A random key fails with
// a chance below 2^-40.
func (k masterKey) check() error {
	seen, text := map[byte]bool{}, true
	for _, b := range k {
		seen[b] = true
		text = text && b >= ' ' && b <= '~'
	}
	if len(seen) < masterSize/2 || text {
		return errors.New("the key is not random; make one with 32 random bytes")
	}
	return nil
}

func (m *Master) setHash(key masterKey, again bool) error {
	if again {
		return errors.New("a second \"hash\"")
	}
	if m.has(key) {
		return errors.New("a key stands there twice")
	}
	m.hash = key
	return nil
}

func (m *Master) addLine(name string, key masterKey) error {
	id, err := strconv.ParseUint(name, 10, 8)
	if err != nil || id == 0 || strconv.FormatUint(id, 10) != name {
		return errors.New("an id is a number from 1 to 255")
	}
	return m.admit(sealingKey{byte(id), key})
}

// admit appends a key if it is sound and new. Ids ascend so that "the last" and "the newest" are the same key.
func (m *Master) admit(k sealingKey) error {
	if err := k.key.check(); err != nil {
		return err
	}
	if n := len(m.keys); n > 0 && m.keys[n-1].id >= k.id {
		return errors.New("ids must ascend")
	}
	if m.has(k.key) || k.key == m.hash {
		return errors.New("a key stands there twice")
	}
	m.keys = append(m.keys, k)
	return nil
}

func (m *Master) has(key masterKey) bool {
	for _, k := range m.keys {
		if k.key == key {
			return true
		}
	}
	return false
}
