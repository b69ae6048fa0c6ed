package account

import (
	"context"
	"errors"
	"fmt"
	"io"

	"signet/provider/audit"
)

// newVeil gives a person the key of their veil in the audit trail. It goes with their record, and what it hides with it.
func (a *Accounts) newVeil(p *Person) error {
	p.veil = make([]byte, audit.VeilBytes)
	if _, err := io.ReadFull(a.rand, p.veil); err != nil {
		return fmt.Errorf("account: veil: %w", err)
	}
	return nil
}

// veilOf is an audit.Veil.
func (a *Accounts) veilOf(ctx context.Context, subject string) ([]byte, error) {
	p, err := a.people.get(ctx, subject)
	if errors.Is(err, ErrUnknownPerson) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return p.veil, nil
}
