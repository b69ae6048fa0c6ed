package mail

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"strconv"
	"time"

	"signet/provider/account"
	"signet/provider/audit"
	"signet/provider/courier"
	"signet/storage"
	"signet/templates"
)

// letterKind are the letters that wait to be sent.
var letterKind = &storage.Kind{Name: "mail.letter", Notify: true}

// letter is a letter's record.
type letter struct {
	account.Letter
	// ID names the mail, in its Message-ID too: a mail server that gets it twice can tell.
	ID string `json:"id"`
	// Made is when, in Unix seconds.
	Made int64 `json:"made"`
	courier.State
}

func letterTerms(l *letter) []storage.Term {
	return []storage.Term{l.Term(), {Index: indexTo, Value: l.To}}
}

// Config is what an Outbox is made of.
type Config struct {
	DB *storage.DB
	// Rand gives the ids of letters.
	Rand io.Reader
	Log  *slog.Logger
	// Issuer begins every link, Product is how the provider is called.
	Issuer, Product string
	// Pages have the words.
	Pages *templates.Set
	// Carrier takes mails away.
	Carrier Carrier
	// Max is how many letters may wait; the oldest of more are dropped, which Trail records. 0 is any number.
	Max   int
	Trail *audit.Trail
}

// Carrier takes a mail to its reader's server, or to wherever mails go.
type Carrier interface {
	// Carry returns nil for a mail that was taken, a *courier.Refusal for one that was refused, and any other error if there was
	// no answer.
	Carry(ctx context.Context, m Mail) error
}

// Mail is a letter with its words.
type Mail struct {
	templates.Written
	// ID is unique. Kind is the letter's.
	ID, Kind string
	// To is the address.
	To   string
	Date time.Time
}

// Outbox holds what is to be sent. It is an account.Post. Its methods may be called from many goroutines.
type Outbox struct {
	c       Config
	host    string
	letters *storage.Table[letter]
	courier *courier.Courier[letter]
}

var _ account.Post = (*Outbox)(nil)

// sendLimit is how long one attempt may take.
const sendLimit = 20 * time.Second

// New returns the outbox kept in c.DB. Nothing is sent before Run or Pass.
func New(c Config) (*Outbox, error) {
	u, err := url.Parse(c.Issuer)
	if err != nil {
		return nil, fmt.Errorf("mail: issuer: %w", err)
	}
	o := &Outbox{c: c, host: u.Hostname(), letters: storage.NewTable(c.DB, letterKind, storage.JSON[letter](), letterTerms)}
	o.courier = courier.New(courier.Config[letter]{
		DB: c.DB, Table: o.letters, Trade: trade{o}, Log: c.Log, Failure: "mail not sent", Limit: sendLimit,
		Wakes: func(c storage.Change) bool { return c.Kind == letterKind.Name || c.Kind == "" },
		Max:   c.Max, Dropped: func(b *storage.Batch, n int) error {
			return c.Trail.Append(b, audit.Event{Kind: "mail.dropped", Facts: map[string]string{"letters": strconv.Itoa(n)}})
		},
	})
	return o, nil
}

// Append implements account.Post.
func (o *Outbox) Append(b *storage.Batch, l account.Letter) error {
	id, err := o.newID()
	if err != nil {
		return err
	}
	now := o.c.DB.Now()
	key := o.letters.Key(id, now.Add(courier.KeepTrying+courier.AfterLast).Unix())
	return o.letters.Create(b, key, &letter{Letter: l, ID: id, Made: now.Unix(), State: courier.State{Due: now.Unix()}})
}

func (o *Outbox) newID() (string, error) {
	var raw [16]byte
	if _, err := io.ReadFull(o.c.Rand, raw[:]); err != nil {
		return "", fmt.Errorf("mail: id: %w", err)
	}
	return hex.EncodeToString(raw[:]), nil
}

// Run sends until the context ends.
func (o *Outbox) Run(ctx context.Context) { o.courier.Run(ctx) }

// Pass sends once what is due, and returns when every attempt has ended.
func (o *Outbox) Pass(ctx context.Context) error { return o.courier.Pass(ctx) }

// SendNow sends a letter at once and past the queue, and tells what came of it.
func (o *Outbox) SendNow(ctx context.Context, l account.Letter) error {
	if _, _, err := account.CanonicalEmail(l.To); err != nil {
		return err
	}
	id, err := o.newID()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, sendLimit)
	defer cancel()
	return o.send(ctx, &letter{Letter: l, ID: id})
}

// Waiting is a letter that was not sent yet, as operators see it: not what it says.
type Waiting struct {
	ID   string `json:"id"`
	To   string `json:"to"`
	Kind string `json:"kind"`
	// Made is when, in Unix seconds.
	Made int64 `json:"made"`
	courier.State
}

// List returns what waits, what is due first; at most 1000 letters. more says that there are others.
func (o *Outbox) List(ctx context.Context) (waiting []Waiting, more bool, err error) {
	rows, next, err := o.letters.List(ctx, &storage.Term{Index: "due", Ordered: true}, "", storage.MaxList)
	for _, row := range rows {
		l := row.Value
		waiting = append(waiting, Waiting{ID: l.ID, To: l.To, Kind: l.Kind, Made: l.Made, State: l.State})
	}
	return waiting, next != "", err
}
