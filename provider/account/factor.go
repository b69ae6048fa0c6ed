package account

import (
	"context"
	"errors"
	"slices"
	"time"

	"signet/storage"
)

// factorKind holds what a person proves who they are with, beside the password; its id is the subject. One record holds all, so
// that a code is spent, and the last way in kept, by moving its version on.
var factorKind = &storage.Kind{Name: "person.factors"}

// Kinds of factors.
const (
	FactorTOTP     = "totp"
	FactorRecovery = "recovery"
	FactorPasskey  = "passkey"
)

// Methods of proving something (RFC 8176 §2), and what two of different kinds make.
const (
	MethodPassword = "pwd"
	MethodOTP      = "otp"
	MethodMulti    = "mfa"
)

var (
	// ErrWrongCode is a cause of ErrRefused: no code of this person is like this, now.
	ErrWrongCode = errors.New("account: wrong code")
	// ErrSpentCode is a cause of ErrRefused: the code was right and has been used.
	ErrSpentCode = errors.New("account: code already used")
	// ErrNoFactor says that the person has no such factor. As a cause of ErrRefused it stays in the log.
	ErrNoFactor error = absent("account: no such factor")
	// ErrLastFactor says that a factor is the last way in, or the last one that the policy demands.
	ErrLastFactor = errors.New("account: the last factor")
	// ErrFactors says that a person has a second factor already, or too many of a kind.
	ErrFactors = errors.New("account: too many factors")
)

// Factors are what a person can prove who they are with, beside the password.
type Factors struct {
	TOTP *TOTP `json:"totp,omitempty"`
	// Recovery are the keyed hashes of recovery codes that are left, of those made at RecoveryMade (Unix seconds).
	Recovery     [][]byte  `json:"recovery,omitempty"`
	RecoveryMade int64     `json:"recovery_made,omitempty"`
	Passkeys     []Passkey `json:"passkeys,omitempty"`
	// NoUpgrade says that their owner has taken away a passkey that was made silently: no other is made so.
	NoUpgrade bool `json:"no_upgrade,omitempty"`

	subject string
	version uint64
}

// Second tells whether there is a second factor: recovery codes alone are none, nor are passkeys of which their owner may not know.
func (f *Factors) Second() bool {
	return f.TOTP != nil || slices.ContainsFunc(f.Passkeys, func(k Passkey) bool { return !k.Silent })
}

// Factor is one factor as its owner and the operator may see it: without its secret.
type Factor struct {
	// Kind is one of the Factor constants.
	Kind string `json:"kind"`
	// ID names it among those of its kind; Name is its owner's word for it.
	ID   string `json:"id,omitempty"`
	Name string `json:"name,omitempty"`
	// Left is how many recovery codes are left.
	Left int `json:"left,omitempty"`
	// Created and Used are in Unix seconds; Used is 0 for never.
	Created int64 `json:"created"`
	Used    int64 `json:"used,omitempty"`
}

// List is what there is, without secrets.
func (f *Factors) List() []Factor {
	var list []Factor
	if f.TOTP != nil {
		list = append(list, Factor{Kind: FactorTOTP, Created: f.TOTP.Created, Used: f.TOTP.Used})
	}
	if len(f.Recovery) > 0 {
		list = append(list, Factor{Kind: FactorRecovery, Left: len(f.Recovery), Created: f.RecoveryMade})
	}
	for _, k := range f.Passkeys {
		list = append(list, Factor{Kind: FactorPasskey, ID: passkeyIDs.EncodeToString(k.ID), Name: k.Name, Created: k.Created, Used: k.Used})
	}
	return list
}

// Factors returns a person's factors, read past every cache. Nobody's are none.
func (a *Accounts) Factors(ctx context.Context, subject string) (*Factors, error) {
	row, err := a.factors.Get(ctx, subject, 0)
	if err != nil && !isNotFound(err) {
		return nil, err
	}
	f := row.Value
	f.subject, f.version = subject, row.Version
	return &f, nil
}

// keepFactors appends factors to a batch in place of those that they were read as. The batch fails with storage.ErrConflict
// if they have changed meanwhile: of any number of racing requests one wins.
func (a *Accounts) keepFactors(b *storage.Batch, f *Factors) error {
	key := a.factors.Key(f.subject, 0)
	if f.version == 0 {
		return a.factors.Create(b, key, f)
	}
	return a.factors.Update(b, storage.Row[Factors]{Key: key, Version: f.version}, f)
}

// asRead appends the condition that a person is still as they were read.
func (a *Accounts) asRead(b *storage.Batch, p *Person) {
	b.If = append(b.If, storage.Condition{Key: a.people.table.Key(p.Subject, 0), Version: p.version})
}

// ResetFactors takes all factors, and all connections with other providers, away from a person who has lost them, or whose factors somebody else has, and ends
// everything that was issued to them.
func (a *Accounts) ResetFactors(ctx context.Context, identifier string) error {
	p, err := a.FindPerson(ctx, identifier)
	if err != nil {
		return err
	}
	err = a.retry(ctx, func(b *storage.Batch) error {
		// What somebody else may have connected is gone as well.
		if err := a.freeConnections(ctx, b, p.Subject); err != nil {
			return err
		}
		f, err := a.Factors(ctx, p.Subject)
		if err != nil || f.version == 0 {
			return err
		}
		if err := a.factorNews(ctx, b, p, LetterFactorRemoved, map[string]string{"factor": "all"}); err != nil {
			return err
		}
		return a.clearFactors(b, f)
	})
	if err != nil {
		return err
	}
	return a.EndEverything(ctx, p.Subject)
}

// clearFactors appends that a person has no factors any more.
func (a *Accounts) clearFactors(b *storage.Batch, f *Factors) error {
	a.freePasskeys(b, f)
	return a.keepFactors(b, &Factors{subject: f.subject, version: f.version})
}

func (a *Accounts) unix() int64 { return a.db.Now().Unix() }

// FactorSetUp is for how long the secret of a factor waits to be confirmed.
const FactorSetUp = 10 * time.Minute

// freePasskeys appends that passkeys are nobody's any more.
func (a *Accounts) freePasskeys(b *storage.Batch, f *Factors) {
	for _, k := range f.Passkeys {
		b.Then = append(b.Then, storage.Write{Record: storage.Record{Key: a.passkeyKey(k.ID)}, Delete: true})
	}
}

// HasPasskey tells whether there is a passkey.
func (f *Factors) HasPasskey() bool { return len(f.Passkeys) > 0 }
