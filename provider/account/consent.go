package account

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"signet/provider/audit"
	"signet/storage"
)

// consentKind holds what people allowed clients, by subject and client id; standingKind that such a consent stands, by its
// number beside: what was issued on the word of a consent looks there, and finds nothing once it is withdrawn, also if the
// person has agreed anew since.
var (
	consentKind  = &storage.Kind{Name: "consent"}
	standingKind = &storage.Kind{Name: "consent.standing"}
	standing     = storage.Markers{Kind: standingKind}
)

const indexClient = "client"

// Consent is what a person allowed a client. The zero Consent allows nothing.
type Consent struct {
	Subject  string `json:"sub"`
	ClientID string `json:"client_id"`
	// ClientEpoch is the client's when it was allowed: a client that changed in what matters asks again.
	ClientEpoch uint32 `json:"client_epoch"`
	// Number tells this consent from those before and after it. It is random and set by Remember, and stays while the consent
	// is extended; 0 is a consent from before there were numbers.
	Number uint32   `json:"number,omitempty"`
	Scopes []string `json:"scopes"`
	// GrantedAt is when the person last agreed; Expires when they are to be asked again, or 0 for never.
	GrantedAt int64 `json:"granted_at"`
	Expires   int64 `json:"expires,omitempty"`
}

// Covers tells whether the consent allows every one of the scopes.
func (c Consent) Covers(scopes ...string) bool {
	for _, scope := range scopes {
		if !slices.Contains(c.Scopes, scope) {
			return false
		}
	}
	return true
}

// Given tells whether there is a consent at all, if only to no scope.
func (c Consent) Given() bool { return c.Subject != "" }

// Consents are what people allowed clients.
type Consents struct {
	db    *storage.DB
	rand  io.Reader
	trail *audit.Trail
	table *storage.Table[Consent]
	max   time.Duration
}

func newConsents(db *storage.DB, rand io.Reader, max time.Duration) *Consents {
	return &Consents{db: db, rand: rand, table: storage.NewTable(db, consentKind, storage.JSON[Consent](), consentTerms), max: max}
}

func consentTerms(c *Consent) []storage.Term {
	return []storage.Term{{Index: indexSubject, Value: c.Subject}, {Index: indexClient, Value: c.ClientID}}
}

func consentKey(subject, clientID string) storage.Key {
	return storage.Key{Kind: consentKind, ID: subject + "\x00" + clientID}
}

// ConsentKey is the key of a record that is there as long as the consent of this number stands, to ask together with others.
func ConsentKey(subject, clientID string, number uint32) storage.Key {
	return standing.Key(subject+"\x00"+clientID+"\x00"+strconv.FormatUint(uint64(number), 36), 0)
}

// Get returns what a person allows a client as it is now, at its epoch. A consent that was never given, has expired, or
// was given to the client as it was before is the zero Consent and no error.
func (c *Consents) Get(ctx context.Context, subject, clientID string, clientEpoch uint32) (Consent, error) {
	row, err := c.table.Get(ctx, consentKey(subject, clientID).ID, 0)
	if isNotFound(err) || err == nil && row.Value.ClientEpoch != clientEpoch {
		return Consent{}, nil
	}
	return row.Value, err
}

// Remember appends to a batch that a person allows a client some scopes, beside those they allow it already at this epoch.
// GrantedAt and Expires are set here. It appends nothing if nothing changes. If another change of the same consent comes before the batch is applied, it fails
// with storage.ErrConflict: then begin again.
func (c *Consents) Remember(ctx context.Context, b *storage.Batch, given Consent) error {
	_, err := c.Agree(ctx, b, given)
	return err
}

// Agree is Remember, and returns the number of the consent, for what is issued on its word in the same batch.
func (c *Consents) Agree(ctx context.Context, b *storage.Batch, given Consent) (number uint32, err error) {
	now := c.db.Now()
	scopes := given.Scopes
	given.Scopes, given.GrantedAt, given.Expires = distinct(scopes), now.Unix(), 0
	if c.max > 0 {
		given.Expires = now.Add(c.max).Unix()
	}
	row, err := c.table.Get(ctx, consentKey(given.Subject, given.ClientID).ID, 0)
	if err != nil && !isNotFound(err) {
		return 0, err
	}
	if known := row.Value; err == nil && known.ClientEpoch == given.ClientEpoch {
		if known.Expires == given.Expires && known.Covers(scopes...) && known.Number != 0 {
			return known.Number, nil
		}
		given.Scopes, given.Number = distinct(append(known.Scopes, scopes...)), known.Number
	}
	if err := c.write(b, row, &given); err != nil {
		return 0, err
	}
	return given.Number, c.record(ctx, b, "consent.given", given)
}

// write appends a consent in place of the row, which may be none, with the record that says that it stands.
func (c *Consents) write(b *storage.Batch, row storage.Row[Consent], given *Consent) (err error) {
	if given.Number == 0 {
		if given.Number, err = c.number(); err != nil {
			return err
		}
		c.fall(b, row.Value)
	}
	stands := standing.Mark(ConsentKey(given.Subject, given.ClientID, given.Number).ID, given.Expires)
	b.Then = append(b.Then, stands)
	key := consentKey(given.Subject, given.ClientID)
	key.Expires = given.Expires
	if row.Version == 0 {
		return c.table.Create(b, key, given)
	}
	row.Key = key
	return c.table.Update(b, row, given)
}

func (c *Consents) number() (uint32, error) {
	var raw [4]byte
	_, err := io.ReadFull(c.rand, raw[:])
	return binary.BigEndian.Uint32(raw[:]) | 1, err
}

// fall appends that a consent stands no more.
func (c *Consents) fall(b *storage.Batch, was Consent) {
	if was.Number != 0 {
		key := ConsentKey(was.Subject, was.ClientID, was.Number)
		b.Then = append(b.Then, storage.Write{Record: storage.Record{Key: key}, Delete: true})
	}
}

func distinct(scopes []string) []string {
	scopes = slices.Clone(scopes)
	slices.Sort(scopes)
	return slices.Compact(scopes)
}

// Withdraw appends to a batch that a person allows a client nothing any more. What was issued on the word of the consent has
// ended with it.
func (c *Consents) Withdraw(b *storage.Batch, given Consent) {
	key := consentKey(given.Subject, given.ClientID)
	b.Then = append(b.Then, storage.Write{Record: storage.Record{Key: key}, Delete: true})
	c.fall(b, given)
}

// TakeBack appends to a batch that a person allows a client nothing any more, whatever they allow now; that may be nothing. If the
// consent is changed before the batch is applied, it fails with storage.ErrConflict: then begin again.
func (c *Consents) TakeBack(ctx context.Context, b *storage.Batch, subject, clientID string) error {
	row, err := c.table.Get(ctx, consentKey(subject, clientID).ID, 0)
	if isNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	c.table.Delete(b, row)
	c.fall(b, row.Value)
	return c.record(ctx, b, "consent.withdrawn", row.Value)
}

// WithdrawConsent withdraws at once what a person allows a client. It returns ErrNoConsent if that is nothing.
func (a *Accounts) WithdrawConsent(ctx context.Context, subject, clientID string) error {
	return a.retry(ctx, func(b *storage.Batch) error {
		err := a.Consents.TakeBack(ctx, b, subject, clientID)
		if err == nil && b.Empty() {
			err = fmt.Errorf("%w: %s allows %s nothing", ErrNoConsent, subject, clientID)
		}
		return err
	})
}

// List returns a page of a person's consents, whatever the clients' epochs; see Accounts.ListPeople for after, limit and next.
func (c *Consents) List(ctx context.Context, subject, after string, limit int) (page []Consent, next string, err error) {
	return c.page(ctx, storage.Term{Index: indexSubject, Value: subject}, after, limit)
}

// OfClient returns a page of the consents given to a client; see Accounts.ListPeople for after, limit and next.
func (c *Consents) OfClient(ctx context.Context, clientID, after string, limit int) (page []Consent, next string, err error) {
	return c.page(ctx, storage.Term{Index: indexClient, Value: clientID}, after, limit)
}

func (c *Consents) page(ctx context.Context, term storage.Term, after string, limit int) ([]Consent, string, error) {
	rows, next, err := c.table.List(ctx, &term, after, limit)
	if err != nil {
		return nil, "", err
	}
	page := make([]Consent, 0, len(rows))
	for _, row := range rows {
		page = append(page, row.Value)
	}
	return page, next, nil
}

// withdrawAll removes all consents of a person at once.
func (c *Consents) withdrawAll(ctx context.Context, subject string) error {
	for after, more := "", true; more; {
		page, next, err := c.List(ctx, subject, after, 200)
		if err != nil {
			return err
		}
		var b storage.Batch
		for _, consent := range page {
			c.Withdraw(&b, consent)
		}
		if err := c.db.Apply(ctx, b); err != nil {
			return err
		}
		after, more = next, next != ""
	}
	return nil
}
