package account

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
	"unicode/utf8"

	"signet/provider/audit"
	"signet/storage"
)

// SessionConfig says how long sessions live. Zero values mean the defaults.
type SessionConfig struct {
	// Idle is how long a session lives without being used, default 12 h.
	Idle time.Duration
	// Max is how long it lives at most, default 30 days. Shortened, it holds for sessions begun before, too.
	Max time.Duration
}

func (c SessionConfig) withDefaults() SessionConfig {
	return SessionConfig{Idle: orDefault(c.Idle, 12*time.Hour), Max: orDefault(c.Max, 30*24*time.Hour)}
}

func (c SessionConfig) check() error {
	if c.Idle < time.Second || c.Max < time.Second {
		return fmt.Errorf("account: sessions: idle %s, max %s: allowed is at least a second", c.Idle, c.Max)
	}
	return nil
}

// seenShare is the part of the idle period for which LastSeen is not written again.
const seenShare = 10

const (
	maxBrowser = 200
	maxAddress = 64
)

// Sessions are the signed-in browsers. A session is read from storage each time, its person from the cache.
type Sessions struct {
	db     *storage.DB
	rand   io.Reader
	trail  *audit.Trail
	people *people
	table  *storage.Table[Session]
	seen   *storage.Table[int64]
	// endings and passed are what others have to be told of.
	endings *storage.Table[Ending]
	passed  *storage.Table[passed]
	// idle and max are in seconds.
	idle, max int64
}

func newSessions(db *storage.DB, rand io.Reader, people *people, c SessionConfig) *Sessions {
	return &Sessions{
		db: db, rand: rand, people: people,
		table:   storage.NewTable(db, sessionKind, sessionCodec, sessionTerms),
		seen:    storage.NewTable(db, seenKind, seenCodec, nil),
		endings: storage.NewTable(db, endingKind, storage.JSON[Ending](), endingTerms),
		passed:  storage.NewTable(db, passedKind, storage.JSON[passed](), nil),
		idle:    int64(c.Idle / time.Second), max: int64(c.Max / time.Second),
	}
}

// SignIn says how a person has just proved who they are, and where.
type SignIn struct {
	// AMR are the methods (RFC 8176), ACR the level reached.
	AMR []string
	ACR string
	// AuthTime is when, if not now: a proof that was made some pages ago.
	AuthTime time.Time
	// Browser is the user agent and Address the client's address; both are cut.
	Browser, Address string
	// ClientID is where they are on the way to; it may be empty.
	ClientID string
	// Replaces is the living session this browser had, if any. If it is the same person's it goes on under a new token;
	// another's ends in the same batch.
	Replaces *Session
}

// Begin appends a session to a batch, and returns it and its token, which goes into a cookie and is stored nowhere. The
// token is a new one at every sign-in, and the browser's former token is worth nothing after: neither is one that someone
// planted. A session that goes on keeps its ID and its Expires. If it is changed before the batch is applied, that fails
// with storage.ErrConflict.
func (s *Sessions) Begin(b *storage.Batch, p *Person, in SignIn) (token string, session *Session, err error) {
	random := make([]byte, tokenID+tokenSecret)
	if _, err := io.ReadFull(s.rand, random); err != nil {
		return "", nil, fmt.Errorf("account: session token: %w", err)
	}
	session = s.next(p, in, string(random[:tokenID]))
	secret := random[tokenID:]
	session.secret = s.hash(session.ID, secret)
	key := SessionKey(session.ID, session.Expires)
	if session.version > 0 {
		row := storage.Row[Session]{Key: key, Version: session.version}
		err = s.table.Update(b, row, session)
	} else {
		err = s.table.Create(b, key, session)
		if err == nil && in.Replaces != nil {
			err = errors.Join(s.End(b, in.Replaces), s.recordEnd(context.Background(), b, in.Replaces, "replaced"))
		}
	}
	err = errors.Join(err, s.recordSignIn(b, session, in))
	session.version++
	return encodeToken(session.Expires, session.ID, secret), session, err
}

// next is a new session of that id, or the one that goes on.
func (s *Sessions) next(p *Person, in SignIn, id string) *Session {
	now := s.db.Now()
	n := &Session{ID: id, Created: now.Unix(), Expires: now.Unix() + s.max}
	if old := in.Replaces; old != nil && old.Subject == p.Subject && old.Expires > now.Unix() {
		n = &Session{ID: old.ID, Created: old.Created, Expires: old.Expires, version: old.version}
	}
	n.Subject, n.PersonEpoch = p.Subject, p.Epoch
	n.AuthTime, n.AMR, n.ACR = now.Unix(), slices.Clone(in.AMR), in.ACR
	if !in.AuthTime.IsZero() {
		n.AuthTime = in.AuthTime.Unix()
	}
	n.LastSeen = now.Unix()
	n.Browser, n.Address = cut(in.Browser, maxBrowser), cut(in.Address, maxAddress)
	n.SID = sidOf(n.ID)
	return n
}

func (s *Sessions) hash(id string, secret []byte) string {
	return string(s.db.Hash("account.session", append([]byte(id), secret...)))
}

// cut shortens a text to at most n bytes, between characters.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// Get returns the living session of a token, and its person, who is shared: do not write to them. Everything else is
// ErrNoSession with its cause wrapped, or what storage returns.
func (s *Sessions) Get(ctx context.Context, token string) (*Session, *Person, error) {
	expires, id, secret, ok := decodeToken(token)
	if !ok {
		return nil, nil, noSession(ErrMalformed)
	}
	session, err := s.stored(ctx, id, expires)
	if isNotFound(err) {
		return nil, nil, noSession(ErrEnded)
	}
	if err != nil {
		return nil, nil, err
	}
	hashed := s.hash(id, secret)
	if subtle.ConstantTimeCompare([]byte(hashed), []byte(session.secret)) != 1 {
		return nil, nil, noSession(ErrEnded)
	}
	p, err := s.people.get(ctx, session.Subject)
	if err != nil && !errors.Is(err, ErrUnknownPerson) {
		return nil, nil, err
	}
	if cause := s.over(session, p); cause != nil {
		return nil, nil, noSession(cause)
	}
	return session, p, nil
}

func (s *Sessions) stored(ctx context.Context, id string, expires int64) (*Session, error) {
	records, err := s.db.Get(ctx, SessionKey(id, expires), seenKey(&Session{ID: id, Expires: expires}))
	if err != nil {
		return nil, err
	}
	row, err := s.table.Decode(records[0])
	if err != nil {
		return nil, err
	}
	return s.withSeen(row, records[1])
}

// withSeen completes a session by what its key and the record beside it say.
func (s *Sessions) withSeen(row storage.Row[Session], seen storage.Record) (*Session, error) {
	session := &row.Value
	session.ID, session.SID, session.Expires, session.version = row.ID, sidOf(row.ID), row.Expires, row.Version
	at, err := s.seen.Decode(seen)
	if err != nil && !isNotFound(err) {
		return nil, err
	}
	session.LastSeen = max(session.LastSeen, at.Value)
	return session, nil
}

// over returns why a session that is stored has ended all the same, or nil. p is nil for a removed person.
func (s *Sessions) over(session *Session, p *Person) error {
	if p == nil {
		return ErrUnknownPerson
	}
	if cause := p.Barred(s.db.Now()); cause != nil {
		return cause
	}
	now := s.db.Now().Unix()
	switch {
	case p.Epoch != session.PersonEpoch, now >= session.Created+s.max:
		return ErrEnded
	case now >= session.LastSeen+s.idle:
		return ErrIdle
	}
	return nil
}

// Touch notes that a session is in use. It appends to a batch and returns true if a tenth of the idle period has passed
// since it was noted last; else there is nothing to do. What it appends asks nothing, so it fails no batch, and it keeps
// no session that is ended meanwhile.
func (s *Sessions) Touch(b *storage.Batch, session *Session) (due bool, err error) {
	now := s.db.Now().Unix()
	if now < session.LastSeen+max(s.idle/seenShare, 1) || now >= session.Expires {
		return false, nil
	}
	var create storage.Batch
	if err := s.seen.Create(&create, seenKey(session), &now); err != nil {
		return false, err
	}
	b.Then = append(b.Then, create.Then...)
	return true, nil
}
