package account

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"
	"signet/provider/account/attribute"
	"signet/provider/audit"
	"signet/storage"
)

// Config is what New needs. Zero values of the nested parts mean their defaults.
type Config struct {
	DB *storage.DB
	// Rand gives subjects, salts and session tokens; crypto/rand.Reader.
	Rand io.Reader
	// Post takes letters to people; nil is none. With it Sealer is needed, too, which seals the links in them.
	Post   Post
	Sealer Sealer
	// Trail takes records of what happens; nil is none.
	Trail     *audit.Trail
	Passwords PasswordConfig
	Sessions  SessionConfig
	// RelyingParty is what passkeys are bound to; zero is none.
	RelyingParty RelyingParty
	// Attributes are those that people have beside the standard claims; nil is none.
	Attributes *attribute.Set
	// DeletionGrace is how long a deleted account can be brought back; 0 is two weeks, less than 0 not at all.
	DeletionGrace time.Duration
	// ConsentMax is after how long people are asked again what they allow a client; 0 means never.
	ConsentMax time.Duration
	// CachedPeople bounds how many decoded people are kept in memory; 0 means 10,000.
	CachedPeople int
}

// Accounts is the one place where people are read and changed. Its methods may be called from many goroutines.
type Accounts struct {
	// Sessions are the signed-in browsers.
	Sessions *Sessions
	// Consents are what people allowed clients.
	Consents *Consents

	db       *storage.DB
	rand     io.Reader
	post     Post
	links    *links
	trail    *audit.Trail
	people   *people
	logins   *storage.Table[login]
	groups   *storage.Table[Group]
	nesting  *nesting
	factors  *storage.Table[Factors]
	tries    *storage.Table[wrongTries]
	passkeys *storage.Table[passkeyOwner]
	// identities are the connections with other providers, connected which a person has.
	identities *storage.Table[connectionRecord]
	connected  *storage.Table[connections]
	gone       *storage.Table[gone]
	grace      time.Duration
	// webauthn is nil without passkeys.
	webauthn *webauthn.WebAuthn
	hasher   *hasher
	decoys   *decoys
	policy   policy
	// attributes are the operator's.
	attributes *attribute.Set
}

// New returns the accounts kept in cfg.DB. It refuses parameters that are out of bounds. Close ends it.
func New(cfg Config) (*Accounts, error) {
	if cfg.DB == nil || cfg.Rand == nil {
		return nil, fmt.Errorf("account: new: DB and Rand are needed")
	}
	if cfg.Post != nil && cfg.Sealer == nil {
		return nil, fmt.Errorf("account: new: Post needs a Sealer")
	}
	passwords := cfg.Passwords.withDefaults()
	if err := passwords.check(); err != nil {
		return nil, err
	}
	sessions := cfg.Sessions.withDefaults()
	if err := sessions.check(); err != nil {
		return nil, err
	}
	hasher, err := newHasher(passwords, cfg.Rand)
	if err != nil {
		return nil, err
	}
	passkeys, err := newWebAuthn(cfg.RelyingParty)
	if err != nil {
		return nil, err
	}
	people := newPeople(cfg.DB, cfg.CachedPeople)
	a := &Accounts{
		Sessions: newSessions(cfg.DB, cfg.Rand, people, sessions),
		Consents: newConsents(cfg.DB, cfg.Rand, cfg.ConsentMax),
		db:       cfg.DB,
		rand:     cfg.Rand,
		post:     cfg.Post,
		links:    newLinks(cfg),
		trail:    cfg.Trail,
		people:   people,
		logins:   storage.NewTable(cfg.DB, loginKind, storage.JSON[login](), nil),
		groups:   storage.NewTable(cfg.DB, groupKind, storage.JSON[Group](), groupTerms),
		factors:  storage.NewTable(cfg.DB, factorKind, storage.JSON[Factors](), nil),
		tries:    storage.NewTable(cfg.DB, factorTriesKind, storage.JSON[wrongTries](), nil),
		passkeys: storage.NewTable(cfg.DB, passkeyKind, storage.JSON[passkeyOwner](), nil),
		gone:     storage.NewTable(cfg.DB, goneKind, storage.JSON[gone](), nil),
		grace:    max(orDefault(cfg.DeletionGrace, defaultGrace), 0),
		webauthn: passkeys,
		hasher:   hasher,
		decoys:   newDecoys(people),
		policy:   policy{minLength: passwords.MinLength, words: passwords.Words, breached: passwords.Breached},

		attributes: cfg.Attributes,

		identities: storage.NewTable(cfg.DB, identityKind, storage.JSON[connectionRecord](), nil),
		connected:  storage.NewTable(cfg.DB, connectionsKind, storage.JSON[connections](), nil),
	}
	a.nesting = newNesting(cfg.DB, a.groups)
	a.Sessions.trail, a.Consents.trail = cfg.Trail, cfg.Trail
	cfg.Trail.SetVeil(a.veilOf)
	return a, nil
}

// Close ends the watch of changes. The storage stays open; it is the caller's.
func (a *Accounts) Close() {
	a.people.close()
	a.nesting.close()
}

// Attributes are those that people have beside the standard claims.
func (a *Accounts) Attributes() *attribute.Set { return a.attributes }

// HashCount tells how many password hashes were computed so far.
func (a *Accounts) HashCount() uint64 { return a.hasher.runs.Load() }

// tries bounds how often an administrative change is begun again after losing a race.
const tries = 8

// retry builds a batch and applies it, again from fresh reads as long as other changes come between.
func (a *Accounts) retry(ctx context.Context, build func(*storage.Batch) error) error {
	var err error
	for range tries {
		var b storage.Batch
		if err := build(&b); err != nil {
			return err
		}
		if err = a.db.Apply(ctx, b); !isConflict(err) {
			return err
		}
	}
	return err
}
