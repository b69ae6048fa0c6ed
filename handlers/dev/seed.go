package dev

import (
	"context"
	"fmt"
	"time"

	"signet/provider/account"
)

// Seed is what a run begins with. What is there already is left as it is.
type Seed struct {
	// Now is where the clock of a new directory begins; zero for the machine's time.
	Now    time.Time
	Groups []account.Group
	People []Person
}

// Seed adds what the seed has and the data have not. It is called after Dress, before the first request.
func (m *Mode) Seed(ctx context.Context) error {
	for _, g := range m.config.Seed.Groups {
		if err := addGroup(ctx, m.accounts, g.Name, g.Description); err != nil {
			return fmt.Errorf("dev: seed: group %s: %w", g.Name, err)
		}
	}
	for _, p := range m.config.Seed.People {
		if _, err := addPerson(ctx, m.accounts, p); err != nil {
			return fmt.Errorf("dev: seed: person %s: %w", p.Username, err)
		}
	}
	return nil
}
