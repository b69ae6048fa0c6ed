package dev

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"time"

	"signet/handlers"
	"signet/provider"
	"signet/provider/account"
)

// Config is what New needs.
type Config struct {
	// Issuer must be on this machine; see CheckIssuer.
	Issuer string
	// Directory keeps the clock; the caller keeps the records there too.
	Directory *Directory
	// Clock is the machine's time.
	Clock func() time.Time
	// Strict takes registered clients only, and their redirect URIs to the letter.
	Strict bool
	// Exposed is the address at which others than this machine can reach the server, or empty.
	Exposed string
	// Seed is what a run begins with; nil for the people of development mode.
	Seed *Seed
	// Version is the program's.
	Version string
	// Playground is the path of a relying party in the same process, or empty.
	Playground string
	// Authority is the file with the certificate (PEM) of whoever vouches for the server's own, or empty.
	Authority string
}

// Mode is development mode of one server.
type Mode struct {
	config   Config
	base     string
	clock    *Clock
	journal  *Journal
	failures *failures
	mailbox  Mailbox

	accounts *account.Accounts
	provider *provider.Provider
}

// New prepares development mode. It refuses an issuer that is not on this machine and a missing Directory with ErrRefused.
func New(c Config) (*Mode, error) {
	if err := CheckIssuer(c.Issuer); err != nil {
		return nil, err
	}
	if c.Directory == nil || !IsDevelopment(c.Directory.Path) {
		return nil, fmt.Errorf("%w: no development directory", ErrRefused)
	}
	if c.Seed == nil {
		c.Seed = &Seed{People: builtIn()}
	}
	u, err := url.Parse(c.Issuer)
	if err != nil {
		return nil, fmt.Errorf("dev: issuer: %w", err)
	}
	m := &Mode{config: c, base: u.Path}
	if m.clock, err = openClock(c.Directory.file("clock.json"), c.Clock, c.Seed.Now); err != nil {
		return nil, err
	}
	m.journal = newJournal(m.clock.Now, c.Directory.Path)
	m.failures = newFailures(m.journal)
	return m, nil
}

// Now is the server's clock, to be used for everything.
func (m *Mode) Now() time.Time { return m.clock.Now() }

// Clock is what Now shows, to be moved.
func (m *Mode) Clock() *Clock { return m.clock }

// Mailbox is where every mail goes.
func (m *Mode) Mailbox() *Mailbox { return &m.mailbox }

// Observe is the observer of provider and handlers.
func (m *Mode) Observe(ctx context.Context, e provider.Event) { m.journal.Observe(ctx, e) }

// Journal is what happens.
func (m *Mode) Journal() *Journal { return m.journal }

// Relax is what the provider loosens; nil for a strict server.
func (m *Mode) Relax() provider.Relax {
	if m.config.Strict {
		return nil
	}
	return NewRelax()
}

// Dress adds development mode to the handlers' configuration.
func (m *Mode) Dress(c *handlers.Config) {
	m.accounts, m.provider = c.Accounts, c.Provider
	c.Dev = &handlers.Dev{People: m.accountsOf, SignIn: m.signIn, Fix: m.fix}
	c.Extra = append(c.Extra, m.routes)
}

// fix is what error pages say, the same as the console.
func (m *Mode) fix(e *provider.Error) string { return clean(fixOf(e, m.config.Directory.Path)) }

// Wrap puts what development mode does before a request in front of the public handler.
func (m *Mode) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r = note(r, m.base)
		if m.failures.interfere(w, r, visitOf(r.Context()).path, m.config.Issuer) {
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Beside adds the status to the handler of the administration socket, for signet dev status.
func (m *Mode) Beside(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != statusPath {
			next.ServeHTTP(w, r)
			return
		}
		s, err := m.Status(r.Context())
		if err == nil {
			err = writeJSON(w, http.StatusOK, s)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
}

// AskStatus asks a development server for its status by its administration socket.
func AskStatus(ctx context.Context, socket *http.Client) (Status, error) {
	var s Status
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://signet"+statusPath, nil)
	if err != nil {
		return s, fmt.Errorf("dev: status: %w", err)
	}
	answer, err := socket.Do(r)
	if err != nil {
		return s, fmt.Errorf("dev: status: %w", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return s, fmt.Errorf("dev: status: answered %s", answer.Status)
	}
	if err := json.NewDecoder(answer.Body).Decode(&s); err != nil {
		return s, fmt.Errorf("dev: status: %w", err)
	}
	return s, nil
}

// statusPeople is how many people the status names.
const statusPeople = 8

// Status is what the server is now. It can be asked after Dress.
func (m *Mode) Status(ctx context.Context) (Status, error) {
	c := m.config
	s := Status{
		Version: c.Version, Issuer: c.Issuer, Discovery: c.Issuer + "/.well-known/openid-configuration", Page: c.Issuer + "/dev",
		Strict: c.Strict, Exposed: c.Exposed, Data: c.Directory.Path, Kept: !c.Directory.Temporary, Process: os.Getpid(),
		Now: m.clock.Now(), People: []PersonNote{}, Authority: c.Authority,
	}
	if c.Playground != "" {
		s.Playground = c.Issuer + c.Playground
	}
	if offset := m.clock.Offset(); offset != 0 {
		s.Ahead = offset.Round(time.Second).String()
	}
	page, next, err := m.accounts.ListPeople(ctx, "", "", statusPeople)
	for _, p := range page {
		s.People = append(s.People, PersonNote{nameOf(p), p.Email, noteOf(p, m.Now())})
	}
	s.More = next != ""
	return s, err
}

// Close keeps what the next run needs and ends the journal. The directory stays the caller's.
func (m *Mode) Close() error {
	m.journal.Close()
	return m.clock.Close()
}
