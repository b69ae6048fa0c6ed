package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	"signet/keys"
	"signet/storage"
)

// checkpointKind is keyed like the records that a checkpoint covers, and goes with them.
var checkpointKind = &storage.Kind{Name: "audit.checkpoint", Passing: true}

// headKind has the newest checkpoint of each chain. Whoever writes the next one moves the version on.
var headKind = &storage.Kind{Name: "audit.head"}

// TypeCheckpoint is the "typ" of a checkpoint: it is taken for no token, and no token for it.
const TypeCheckpoint = "signet-audit-checkpoint+jws"

// checkpoint is a signed Statement with the key that verifies it, which may have left the issuer's ring long ago.
type checkpoint struct {
	JWS string          `json:"jws"`
	Key json.RawMessage `json:"key"`
	// At is when it was made, to find it by.
	At time.Time `json:"at"`
}

func checkpointTerms(c *checkpoint) []storage.Term {
	return []storage.Term{termOf(indexHour, "", c.At)}
}

// Statement is what a checkpoint says: these records, in this order, with this content, after that checkpoint.
type Statement struct {
	// Chain is the chain of one node, Number the checkpoint's place in it, from 1.
	Chain  string `json:"chain"`
	Number uint64 `json:"number"`
	// At is when it was made; From and To are the times of the first and the last record.
	At   time.Time `json:"at"`
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	// Expires is when checkpoint and records go, in Unix seconds.
	Expires int64 `json:"expires"`
	Count   int   `json:"count"`
	// IDs are those of the records, ascending, one after the other; Hash is the SHA-256 over records (see hashRecords).
	IDs  []byte `json:"ids"`
	Hash []byte `json:"hash"`
	// Previous is the checkpoint before it; nil at the beginning of a chain.
	Previous *link `json:"previous,omitempty"`
}

// link names a checkpoint by its key and the SHA-256 of its JWS.
type link struct {
	ID      []byte `json:"id"`
	Expires int64  `json:"expires"`
	Hash    []byte `json:"hash"`
}

// head is the newest checkpoint of a chain. Its record goes with it.
type head struct {
	Number uint64 `json:"number"`
	Last   link   `json:"last"`
	// At is when it was made; zero for a chain that its node has given up.
	At time.Time `json:"at,omitzero"`
}

// hashRecords hashes records in their order: of each the ID, the length of what was written and that itself.
func hashRecords(records []Record) []byte {
	h := sha256.New()
	for _, r := range records {
		h.Write([]byte(r.ID))
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(r.raw))))
		h.Write(r.raw)
	}
	return h.Sum(nil)
}

func hashText(s string) []byte {
	sum := sha256.Sum256([]byte(s))
	return sum[:]
}

// ids are the IDs that a statement covers.
func (s *Statement) ids() []string {
	var list []string
	for rest := s.IDs; len(rest) >= idBytes; rest = rest[idBytes:] {
		list = append(list, string(rest[:idBytes]))
	}
	return list
}

// interval says for people what a statement covers.
func (s *Statement) interval() string {
	return fmt.Sprintf("checkpoint %d of chain %s, %s to %s", s.Number, s.Chain, stamp(s.From), stamp(s.To))
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// state makes the statement over records that end at the same time. at is after at of the head, which is nil for a new chain.
func state(chain string, before *head, records []Record, at time.Time) *Statement {
	s := &Statement{
		Chain: chain, Number: 1, At: at.UTC(), From: records[0].Time, To: records[0].Time, Expires: records[0].expires,
		Count: len(records), Hash: hashRecords(records),
	}
	for _, r := range records {
		s.IDs = append(s.IDs, r.ID...)
		if r.Time.After(s.To) {
			s.To = r.Time
		}
		if r.Time.Before(s.From) {
			s.From = r.Time
		}
	}
	if before != nil {
		last := before.Last
		s.Number, s.Previous = before.Number+1, &last
	}
	return s
}

// sign makes a checkpoint of a statement.
func sign(s *Statement, signer *keys.Signer) (*checkpoint, error) {
	claims, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("audit: checkpoint: %w", err)
	}
	key, err := signer.Public().MarshalJSON()
	if err != nil {
		return nil, fmt.Errorf("audit: checkpoint: %w", err)
	}
	jws, err := signer.SignJWT(TypeCheckpoint, claims)
	return &checkpoint{JWS: jws, Key: key, At: s.At}, err
}

// maxCheckpoint is the longest checkpoint in bytes that is looked at.
const maxCheckpoint = 64 << 10

// read verifies a checkpoint's signature with the key beside it, and returns what it says and whose key it is.
func (c *checkpoint) read() (*Statement, keys.PublicKey, error) {
	key, err := keys.ParseJWK(c.Key)
	if err != nil {
		return nil, key, err
	}
	if key.ID != key.Thumbprint() {
		return nil, key, fmt.Errorf("the key is not %s", key.ID)
	}
	opts := keys.VerifyOptions{Algorithms: keys.Algorithms(), Types: []string{TypeCheckpoint}, MaxBytes: maxCheckpoint}
	_, payload, err := keys.VerifyWith(&keys.Set{Keys: []keys.PublicKey{key}}, c.JWS, opts)
	if err != nil {
		return nil, key, err
	}
	var s Statement
	if err := json.Unmarshal(payload, &s); err != nil {
		return nil, key, err
	}
	return &s, key, s.check()
}

func (s *Statement) check() error {
	if s.Count == 0 || len(s.IDs) != s.Count*idBytes {
		return fmt.Errorf("%d records, %d bytes of ids", s.Count, len(s.IDs))
	}
	ids := s.ids()
	for i := 1; i < len(ids); i++ {
		if bytes.Compare([]byte(ids[i-1]), []byte(ids[i])) >= 0 {
			return fmt.Errorf("ids not ascending")
		}
	}
	return nil
}

var b64 = base64.RawURLEncoding
