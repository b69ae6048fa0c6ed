package audit

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
)

// What is personal in a record of a person is veiled: encrypted under a key that is kept with the person and nowhere else. When the
// person is deleted the key goes with them, and nobody can read it any more, not even who has the master key. The record itself stays
// as it was written, byte for byte, so the checkpoint that covers it still holds.

// Veil finds the key of a person's veil. It returns nil for nobody, and for a person who was deleted.
type Veil func(ctx context.Context, subject string) ([]byte, error)

// VeilBytes is the length of a key.
const VeilBytes = 32

// SetVeil says where keys are found. Without it nothing is veiled.
func (t *Trail) SetVeil(v Veil) {
	if t != nil {
		t.veils = v
	}
}

// personalFacts are the facts that are veiled, beside address and agent.
var personalFacts = []string{"browser", "from", "device", "joined", "left"}

// personal is what is veiled of an event.
type personal struct {
	Address string            `json:"address,omitempty"`
	Agent   string            `json:"agent,omitempty"`
	Facts   map[string]string `json:"facts,omitempty"`
}

// takePersonal takes out of an event what is personal.
func (e *Event) takePersonal() personal {
	p := personal{Address: e.Address, Agent: e.Agent}
	e.Address, e.Agent = "", ""
	for _, name := range personalFacts {
		value, said := e.Facts[name]
		if !said {
			continue
		}
		if p.Facts == nil {
			p.Facts = map[string]string{}
		}
		p.Facts[name] = value
		delete(e.Facts, name)
	}
	return p
}

func (p personal) isEmpty() bool { return p.Address == "" && p.Agent == "" && len(p.Facts) == 0 }

// veil hides what is personal in a record of a person. Of a person without a key it is left out: there would be no way to take it
// back.
func (t *Trail) veil(r *Record, id string) error {
	if t.veils == nil || r.Subject == "" {
		return nil
	}
	key := r.Veil
	if key == nil {
		var err error
		if key, err = t.veils(context.Background(), r.Subject); err != nil {
			return fmt.Errorf("audit: veil: %w", err)
		}
	}
	p := r.takePersonal()
	if key == nil || p.isEmpty() {
		return nil
	}
	plain, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("audit: veil: %w", err)
	}
	aead, err := veilOf(key, id)
	if err != nil {
		return err
	}
	r.Veiled = b64.EncodeToString(aead.Seal(nil, make([]byte, aead.NonceSize()), plain, nil))
	return nil
}

// veilOf is the cipher of one record. Each has a key of its own, which is used once, so its nonce may be nothing but zeros.
func veilOf(key []byte, id string) (cipher.AEAD, error) {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id))
	block, err := aes.NewCipher(mac.Sum(nil))
	if err != nil {
		return nil, fmt.Errorf("audit: veil: %w", err)
	}
	return cipher.NewGCM(block)
}

// unveil gives a record back what is personal in it, as long as its person is there.
func (t *Trail) unveil(ctx context.Context, r *Record) error {
	if t.veils == nil || r.Veiled == "" {
		return nil
	}
	key, err := t.veils(ctx, r.Subject)
	if err != nil || key == nil {
		return err
	}
	aead, err := veilOf(key, r.ID)
	if err != nil {
		return err
	}
	sealed, err := b64.DecodeString(r.Veiled)
	var plain []byte
	if err == nil {
		plain, err = aead.Open(nil, make([]byte, aead.NonceSize()), sealed, nil)
	}
	var p personal
	if err != nil || json.Unmarshal(plain, &p) != nil {
		return nil // of a former holder of the subject's key, or changed: Verify says which
	}
	r.Address, r.Agent, r.Veiled = p.Address, p.Agent, ""
	if r.Facts == nil {
		r.Facts = p.Facts
	} else {
		maps.Copy(r.Facts, p.Facts)
	}
	return nil
}
