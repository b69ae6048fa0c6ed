package provider

import (
	"context"
	"errors"
	"time"

	"signet/provider/account"
	"signet/storage"
)

// Pending is a sign-in on its way: who has proved what, before it is enough. It is a sealed text that one browser carries in its
// forms, is no session, and opens nothing but the page that asks for the rest.
type Pending struct {
	Subject string
	// Epoch is the person's when they proved the first factor: a new password or a lock ends what was pending.
	Epoch uint32
	// AMR is what was proved (RFC 8176), and At when, in Unix seconds.
	AMR []string
	At  int64
	// Expires is in Unix seconds.
	Expires int64
}

// pendingLife is how long somebody may look for their phone.
const pendingLife = 10 * time.Minute

const (
	purposePending  = "pending"
	purposeCeremony = "ceremony"
	formPending     = 1
	formCeremony    = 1
	// maxPending is more than either of them needs.
	maxPending = 4 << 10
)

// SealPending seals that a person has just proved one factor in this browser.
func (p *Provider) SealPending(person *account.Person, amr []string, b Browser) string {
	now := p.db.Now()
	w := newWriter(formPending)
	w.string(person.Subject)
	w.uint(uint64(person.Epoch))
	w.strings(amr)
	w.int(now.Unix())
	w.int(now.Add(pendingLife).Unix())
	return p.sealer.SealString(purposePending, w.b, p.requestBinding(b))
}

// OpenPending opens what SealPending sealed for this browser, and returns it with the person as they are now. Anything else, and
// what has ended meanwhile, is E-LOGIN-02.
func (p *Provider) OpenPending(ctx context.Context, text string, b Browser) (*Pending, *account.Person, error) {
	plain, err := p.openBound(purposePending, text, b)
	if err != nil {
		return nil, nil, refuse("E-LOGIN-02").because(err)
	}
	r := newReader(plain, formPending)
	in := &Pending{Subject: r.string(), Epoch: uint32(r.uint()), AMR: r.strings(), At: r.int(), Expires: r.int()}
	if err := r.done(); err != nil {
		return nil, nil, refuse("E-LOGIN-02").because(err)
	}
	if in.Expires <= p.db.Now().Unix() {
		return nil, nil, refuse("E-LOGIN-02").got("expired")
	}
	person, err := p.accounts.Person(ctx, in.Subject)
	switch {
	case errors.Is(err, account.ErrUnknownPerson):
		return nil, nil, refuse("E-LOGIN-02").got("a person who was removed")
	case err != nil:
		return nil, nil, err
	case person.Epoch != in.Epoch || person.Barred(p.db.Now()) != nil:
		return nil, nil, refuse("E-LOGIN-02").got("a person who is kept out by now, or has another password")
	}
	return in, person, nil
}

func (p *Provider) openBound(purpose, text string, b Browser) ([]byte, error) {
	if len(text) > maxPending || b.Binding == "" {
		return nil, errWire
	}
	return p.sealer.OpenString(purpose, text, p.requestBinding(b))
}

// Ceremony is one exchange with a person's device: the secret that an authenticator app is to take, or the challenge that a passkey
// is to sign. It is sealed for one browser, one kind and one person, and good for a short time.
type Ceremony struct {
	// Kind says what it is for; one kind never passes for another.
	Kind string
	// Subject is whose it is; empty where that is not known yet.
	Subject string
	// ID is 16 random bytes: a ceremony that is to be held once is spent under it.
	ID string
	// Expires is in Unix seconds.
	Expires int64
	Data    []byte
}

// SealCeremony begins a ceremony of so long.
func (p *Provider) SealCeremony(kind, subject string, data []byte, life time.Duration, b Browser) (string, error) {
	id, err := p.randomID()
	if err != nil {
		return "", err
	}
	w := newWriter(formCeremony)
	w.string(kind)
	w.string(subject)
	w.string(id)
	w.int(p.db.Now().Add(life).Unix())
	w.string(string(data))
	return p.sealer.SealString(purposeCeremony, w.b, p.requestBinding(b)), nil
}

// OpenCeremony opens what SealCeremony sealed for this browser, kind and person. Anything else is E-LOGIN-02.
func (p *Provider) OpenCeremony(kind, subject, text string, b Browser) (*Ceremony, error) {
	plain, err := p.openBound(purposeCeremony, text, b)
	if err != nil {
		return nil, refuse("E-LOGIN-02").because(err)
	}
	r := newReader(plain, formCeremony)
	c := &Ceremony{Kind: r.string(), Subject: r.string(), ID: r.string(), Expires: r.int(), Data: []byte(r.string())}
	switch err := r.done(); {
	case err != nil:
		return nil, refuse("E-LOGIN-02").because(err)
	case c.Kind != kind || c.Subject != subject:
		return nil, refuse("E-LOGIN-02").got("a ceremony of another kind or person")
	case c.Expires <= p.db.Now().Unix():
		return nil, refuse("E-LOGIN-02").got("expired")
	}
	return c, nil
}

// SpendCeremony appends to a batch that a ceremony was held. One that was held before is E-LOGIN-02; if that happens before the batch
// is applied, it fails with storage.ErrConflict.
func (p *Provider) SpendCeremony(ctx context.Context, b *storage.Batch, c *Ceremony) error {
	id := "ceremony\x00" + c.ID
	records, err := p.db.Get(ctx, p.spent.Key(id, c.Expires))
	if err != nil {
		return err
	}
	if records[0].Present() {
		return refuse("E-LOGIN-02").got("a challenge that was answered before")
	}
	p.spent.Spend(b, id, c.Expires)
	return nil
}
