package upstream

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"time"

	"signet/storage"
)

// A trip is a browser's way to a provider and back. It is stored, since it leaves the browser, and found again by the keyed hash of
// its state: 256 random bits that nobody else chooses.

const (
	// tripLife is how long a person may take at the provider.
	tripLife = 10 * time.Minute
	// tripSlot is what the expiry of a record is rounded to: so it need not travel.
	tripSlot = int64(tripLife / time.Second)
	// maxCarried is in bytes.
	maxCarried = 64 << 10
)

var (
	tripKind = &storage.Kind{Name: "upstream.trip", Passing: true}
	seenKind = &storage.Kind{Name: "upstream.seen", Passing: true}
)

// Carried is what the caller gives a trip to find at its end. It is sealed.
type Carried struct {
	// Purpose says what the trip is for, such as sign-in, link or headless.
	Purpose string `json:"p,omitempty"`
	// Request is the sealed request of an application that waits, or whatever else the caller goes on with.
	Request string `json:"r,omitempty"`
	// Subject is who is signed in and began it.
	Subject string `json:"s,omitempty"`
	// Fresh is when the trip began, in Unix seconds, if the person was to prove anew who they are; otherwise 0.
	Fresh int64 `json:"f,omitempty"`
	// Client is the application that began it, of a trip without our pages.
	Client string `json:"c,omitempty"`
}

// trip is the record. Spending it moves its version on and takes everything else away.
type trip struct {
	Source string `json:"source"`
	// Issuer and Client are those of the source when the trip began.
	Issuer string `json:"iss,omitempty"`
	Client string `json:"client,omitempty"`
	// Binding is the keyed hash of what binds the browser.
	Binding []byte `json:"binding,omitempty"`
	// Redirect is where the provider sends the browser.
	Redirect string `json:"redirect,omitempty"`
	Nonce    string `json:"nonce,omitempty"`
	Verifier string `json:"verifier,omitempty"`
	// Token and Secret are the temporary credentials of OAuth 1.0a.
	Token   string   `json:"token,omitempty"`
	Secret  string   `json:"secret,omitempty"`
	Carried *Carried `json:"carried,omitempty"`
	Ends    int64    `json:"ends"`
	Spent   bool     `json:"spent,omitempty"`
}

func tripTable(db *storage.DB) *storage.Table[trip] {
	return storage.NewTable(db, tripKind, storage.JSON[trip](), nil)
}

// tripKey is where a trip is that began at a time: it expires at the end of the slot after.
func (u *Upstreams) tripKey(state string, at int64) storage.Key {
	return u.trips.Key(string(u.db.Hash("upstream.trip", []byte(state))), (at/tripSlot+2)*tripSlot)
}

// findTrip reads the trip of a state, of the slot that runs or of the one before.
func (u *Upstreams) findTrip(ctx context.Context, state string) (storage.Row[trip], error) {
	now := u.db.Now().Unix()
	records, err := u.db.Get(ctx, u.tripKey(state, now), u.tripKey(state, now-tripSlot))
	if err != nil {
		return storage.Row[trip]{}, err
	}
	for _, r := range records {
		if r.Present() {
			return u.trips.Decode(r)
		}
	}
	return storage.Row[trip]{}, storage.ErrNotFound
}

// takeTrip finds the trip that a browser comes back from and appends to the batch that it is spent. Whatever becomes of it then, the
// caller applies the batch.
func (u *Upstreams) takeTrip(ctx context.Context, b *storage.Batch, s *Source, state, binding string) (*trip, error) {
	if state == "" || len(state) > 512 {
		return nil, s.wrong(ErrTrip, errors.New("no state"))
	}
	row, err := u.findTrip(ctx, state)
	if errors.Is(err, storage.ErrNotFound) {
		return nil, s.wrong(ErrTrip, errors.New("unknown or over"))
	}
	if err != nil {
		return nil, err
	}
	t := row.Value
	switch {
	case t.Spent:
		return nil, s.wrong(ErrTrip, errors.New("ended before"))
	case t.Ends <= u.db.Now().Unix():
		return nil, s.wrong(ErrTrip, errors.New("over"))
	case binding == "" || subtle.ConstantTimeCompare(t.Binding, u.bind(binding)) != 1:
		return nil, s.wrong(ErrTrip, errors.New("begun in another browser"))
	case t.Source != s.ID:
		return nil, s.wrong(ErrTrip, errors.New("begun with the source "+t.Source))
	}
	if err := u.trips.Update(b, row, &trip{Source: t.Source, Ends: t.Ends, Spent: true}); err != nil {
		return nil, err
	}
	if t.Issuer != s.Issuer || t.Client != s.ClientID {
		return &t, s.wrong(ErrTrip, errors.New("the source is another one now"))
	}
	return &t, nil
}

// bind hashes what binds a browser.
func (u *Upstreams) bind(binding string) []byte {
	return u.db.Hash("upstream.binding", []byte(binding))
}

// random returns 256 random bits in base64url.
func (u *Upstreams) random() (string, error) {
	var raw [32]byte
	if _, err := io.ReadFull(u.rand, raw[:]); err != nil {
		return "", fmt.Errorf("upstream: randomness: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(raw[:]), nil
}
