package dev

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/BurntSushi/toml"

	"signet/keys"
	"signet/provider"
	"signet/provider/account"
	"signet/storage"
)

// Seed is what a run begins with. What is in the data already is left as it is.
type Seed struct {
	// Now is where the clock of a new directory begins; zero for the machine's time.
	Now time.Time
	// Groups are made before the people who are in them, in their order: parents first.
	Groups   []account.Group
	People   []Person
	Clients  []SeedClient
	Failures []Failure
}

// SeedClient is a client to be registered: the members of provider.Client, and its secret, at least 32 bytes.
type SeedClient struct {
	provider.Client
	Secret string `json:"client_secret"`
}

// ReadSeed reads a seed from a file of TOML: `now`, and the lists [[group]], [[person]], [[client]] and [[failure]], whose
// members have the names of Group, Person, SeedClient and Failure in JSON. Without people it has those of development mode.
func ReadSeed(path string) (*Seed, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("dev: seed: %w", err)
	}
	s, err := parseSeed(string(text))
	if err != nil {
		return nil, fmt.Errorf("dev: seed: %s: %w", path, err)
	}
	return s, nil
}

func parseSeed(text string) (*Seed, error) {
	var file struct {
		Now     any              `toml:"now"`
		Group   []map[string]any `toml:"group"`
		Person  []map[string]any `toml:"person"`
		Client  []map[string]any `toml:"client"`
		Failure []map[string]any `toml:"failure"`
	}
	meta, err := toml.Decode(text, &file)
	if err != nil {
		return nil, err
	}
	for _, key := range meta.Undecoded() {
		if len(key) == 1 {
			return nil, fmt.Errorf("unknown key %s, allowed now, group, person, client, failure", key)
		}
	}
	s := &Seed{}
	if s.Now, err = seedTime(file.Now); err != nil {
		return nil, err
	}
	err = errors.Join(
		decodeAll("group", file.Group, &s.Groups), decodeAll("person", file.Person, &s.People),
		decodeAll("client", file.Client, &s.Clients), decodeAll("failure", file.Failure, &s.Failures),
	)
	if len(s.People) == 0 {
		s.People = builtIn()
	}
	return s, err
}

// seedTime takes TOML's own times and texts of RFC 3339.
func seedTime(v any) (time.Time, error) {
	switch v := v.(type) {
	case nil:
		return time.Time{}, nil
	case time.Time:
		return v, nil
	case string:
		return time.Parse(time.RFC3339, v)
	}
	return time.Time{}, fmt.Errorf("now: want a time such as 2026-01-01T00:00:00Z")
}

// decodeAll goes by way of JSON, so that a seed has the same names as /dev/api and is as strict.
func decodeAll[T any](name string, tables []map[string]any, into *[]T) error {
	for i, table := range tables {
		var v T
		body, err := json.Marshal(table)
		if err == nil {
			err = strictly(body, &v)
		}
		if err != nil {
			return fmt.Errorf("%s %d: %w", name, i+1, err)
		}
		*into = append(*into, v)
	}
	return nil
}

// Seed adds what the seed has and the data have not. It is called after Dress, before the first request.
func (m *Mode) Seed(ctx context.Context) error {
	s := m.config.Seed
	for _, g := range s.Groups {
		if err := addGroup(ctx, m.accounts, g); err != nil {
			return fmt.Errorf("dev: seed: group %s: %w", g.Name, err)
		}
	}
	for _, p := range s.People {
		if err := addMissing(ctx, m.accounts, p); err != nil {
			return fmt.Errorf("dev: seed: person %s: %w", p.Username, err)
		}
	}
	for _, c := range s.Clients {
		if err := m.addClient(ctx, c); err != nil {
			return fmt.Errorf("dev: seed: client %s: %w", c.ID, err)
		}
	}
	for _, f := range s.Failures {
		if err := m.failures.order(f); err != nil {
			return fmt.Errorf("dev: seed: failure: %w", err)
		}
	}
	if now := m.clock.Now(); !s.Now.IsZero() && now.Sub(s.Now) > time.Minute {
		m.journal.Tell("warning", "the clock was past the seed's now already and never goes back: signet dev --fresh starts over")
	}
	return nil
}

// addClient registers a client, or does nothing if its id is registered already.
func (m *Mode) addClient(ctx context.Context, c SeedClient) error {
	if _, err := m.provider.ClientRecord(ctx, c.ID); !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	record := c.Client
	record.Secrets, record.Declared = nil, false
	if c.Secret != "" {
		if err := m.provider.SetSecret(&record, keys.Secret(c.Secret)); err != nil {
			return err
		}
	}
	if c.Secret == "" && record.AuthMethod == "" {
		record.AuthMethod = "none"
	}
	_, err := m.provider.AddClient(ctx, &record)
	return err
}
