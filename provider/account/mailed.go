package account

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"time"

	"signet/storage"
)

// Sealer seals what mailed links mean. keys.Sealer is one.
type Sealer interface {
	// SealString returns a sealed form of plaintext in base64url, bound to a purpose and to associated data.
	SealString(purpose string, plaintext, associated []byte) string
	// OpenString returns what was sealed for the same purpose with the same associated data, or an error.
	OpenString(purpose, sealed string, associated []byte) ([]byte, error)
}

// ErrLink says that a mailed link is not one of ours, was used, has run out, or that something newer took its place. Nobody is
// told which.
var ErrLink = errors.New("account: link cannot be used")

// purpose is what a mailed link is for.
type purpose string

// The purposes of links, and for how long each lives.
const (
	forRecovery purpose = "recover"
	forAddress  purpose = "verify"
	forSignUp   purpose = "sign-up"
	forSignIn   purpose = "sign-in"
	// forRestore lives as long as the account can be kept.
	forRestore purpose = "restore"

	recoveryLife = 15 * time.Minute
	addressLife  = 30 * time.Minute
	signUpLife   = 30 * time.Minute
	inviteLife   = 7 * 24 * time.Hour
)

// sealedLink is what a link means. It is sealed, so it can be neither read nor made by anybody else.
type sealedLink struct {
	Purpose purpose `json:"p"`
	// ID is 16 random bytes in base64url.
	ID string `json:"id"`
	// Subject is whose it is, Epoch theirs when it was made: a new password makes all links before it worthless.
	Subject string `json:"sub,omitempty"`
	Epoch   uint32 `json:"e,omitempty"`
	// Email is the address that it was sent to.
	Email   string `json:"m"`
	Expires int64  `json:"x"`
	// Invited says that an operator has asked for it.
	Invited bool `json:"i,omitempty"`
	// Browser is where a link to sign in was asked for: in no other one does it sign in.
	Browser []byte `json:"b,omitempty"`
}

// Kinds of records of links: which is the newest for somebody and a purpose, and which were used.
var (
	newestKind = &storage.Kind{Name: "mailed.newest"}
	usedKind   = &storage.Kind{Name: "mailed.used", Passing: true}
)

// newest names the link that counts; those that were mailed before do not.
type newest struct {
	ID string `json:"id"`
	// Request is where somebody was going who wants to sign in.
	Request string `json:"r,omitempty"`
	// Invited says that an operator has asked for it.
	Invited bool `json:"i,omitempty"`
}

// links are the mailed links.
type links struct {
	db     *storage.DB
	rand   io.Reader
	sealer Sealer
	newest *storage.Table[newest]
	used   storage.Markers
	tries  *storage.Table[codeTries]
}

func newLinks(c Config) *links {
	return &links{
		db: c.DB, rand: c.Rand, sealer: c.Sealer, used: storage.Markers{Kind: usedKind},
		newest: storage.NewTable(c.DB, newestKind, storage.JSON[newest](), nil),
		tries:  storage.NewTable(c.DB, triesKind, storage.JSON[codeTries](), nil),
	}
}

// whose is who a link is for; for nobody, what was typed.
func (s *sealedLink) whose() string { return cmp.Or(s.Subject, s.Email) }

// owner is the id of the newest link for somebody and a purpose. Of those to sign in, each browser has a newest one: otherwise whoever
// asks for one in somebody's name would end the one that its owner is about to type.
func (l *links) owner(s *sealedLink) string {
	whose := s.whose()
	if s.Purpose == forSignIn {
		whose += "\x00" + string(s.Browser)
	}
	return string(l.db.Hash("account.mailed", []byte(string(s.Purpose)+"\x00"+whose)))
}

// make gives a link its id and its end, appends to a batch that it is the newest, and returns it sealed.
func (l *links) make(b *storage.Batch, s sealedLink, life time.Duration) (string, error) {
	if err := l.begin(&s, life); err != nil {
		return "", err
	}
	if err := l.count(b, &s, ""); err != nil {
		return "", err
	}
	return l.seal(&s)
}

// begin gives a link its id and its end.
func (l *links) begin(s *sealedLink, life time.Duration) error {
	var raw [16]byte
	if _, err := io.ReadFull(l.rand, raw[:]); err != nil {
		return fmt.Errorf("account: link: %w", err)
	}
	s.ID, s.Expires = base64.RawURLEncoding.EncodeToString(raw[:]), l.db.Now().Add(life).Unix()
	return nil
}

// count appends to a batch that a link is the newest, and the one that counts.
func (l *links) count(b *storage.Batch, s *sealedLink, request string) error {
	var create storage.Batch
	if err := l.newest.Create(&create, l.newest.Key(l.owner(s), s.Expires), &newest{ID: s.ID, Request: request, Invited: s.Invited}); err != nil {
		return err
	}
	b.Then = append(b.Then, create.Then...)
	return nil
}

func (l *links) seal(s *sealedLink) (string, error) {
	plain, err := json.Marshal(s)
	if err != nil {
		return "", fmt.Errorf("account: link: %w", err)
	}
	return l.sealer.SealString("account.mailed", plain, nil), nil
}

// open reads a link that may still be used, or returns ErrLink. That it is used is for the batch to find out; see spend.
func (l *links) open(ctx context.Context, text string, want purpose) (*sealedLink, error) {
	s, err := l.unseal(text, want)
	if err != nil {
		return nil, err
	}
	records, err := l.db.Get(ctx, l.newest.Key(l.owner(s), 0), l.used.Key(s.ID, s.Expires))
	if err != nil {
		return nil, err
	}
	row, err := l.newest.Decode(records[0])
	switch {
	case isNotFound(err) || err == nil && row.Value.ID != s.ID || records[1].Present():
		return nil, ErrLink
	case err != nil:
		return nil, err
	}
	return s, nil
}

// unseal reads a link of ours that has not run out, or returns ErrLink.
func (l *links) unseal(text string, want purpose) (*sealedLink, error) {
	if l.sealer == nil || len(text) > maxLink {
		return nil, ErrLink
	}
	plain, err := l.sealer.OpenString("account.mailed", text, nil)
	if err != nil {
		return nil, ErrLink
	}
	s := &sealedLink{}
	if json.Unmarshal(plain, s) != nil || s.Purpose != want || s.Expires <= l.db.Now().Unix() {
		return nil, ErrLink
	}
	return s, nil
}

// maxLink is in bytes.
const maxLink = 2048

// ofLink reads a person's link that may still be used, and the person as they are now. Another password since then has made it
// worthless. It returns ErrLink.
func (a *Accounts) ofLink(ctx context.Context, link string, want purpose) (*sealedLink, *Person, error) {
	s, err := a.links.open(ctx, link, want)
	if err != nil {
		return nil, nil, err
	}
	row, err := a.people.fresh(ctx, s.Subject)
	if errors.Is(err, ErrUnknownPerson) || err == nil && row.Value.Epoch != s.Epoch {
		return nil, nil, ErrLink
	}
	if err != nil {
		return nil, nil, err
	}
	return s, ofRow(row), nil
}

// spend appends to a batch that a link is used. The batch fails with storage.ErrConflict if it was used before.
func (l *links) spend(b *storage.Batch, s *sealedLink) { l.used.Spend(b, s.ID, s.Expires) }

// linkPath is the path of a page with a link, below the issuer.
func linkPath(page, sealed string) string { return page + "?link=" + url.QueryEscape(sealed) }

// minutesOf is a life as letters say it.
func minutesOf(life time.Duration) string { return strconv.Itoa(int(life / time.Minute)) }
