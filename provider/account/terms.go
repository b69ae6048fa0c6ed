package account

import (
	"context"

	"signet/storage"
)

// Agreement is that a person agreed to terms.
type Agreement struct {
	// Version is the operator's word for which terms; it may be empty.
	Version string `json:"version,omitempty"`
	// At is when, in Unix seconds.
	At int64 `json:"at"`
}

// Agreed tells whether a person has agreed to a version of the terms, whenever.
func (p *Person) Agreed(version string) bool { return p.Terms != nil && p.Terms.Version == version }

// Agree appends to a batch that a person has agreed to a version of the terms now. Declared people do, too: the configuration cannot
// say it for them. The batch fails with storage.ErrConflict if the person is changed meanwhile: then begin again.
func (a *Accounts) Agree(ctx context.Context, b *storage.Batch, subject, version string) (*Person, error) {
	row, err := a.people.fresh(ctx, subject)
	if err != nil {
		return nil, err
	}
	return a.update(ctx, b, row, func(p *Person) error {
		if !p.Agreed(version) {
			p.Terms = &Agreement{Version: version, At: a.unix()}
		}
		return nil
	})
}

// AgreeNow is Agree at once.
func (a *Accounts) AgreeNow(ctx context.Context, subject, version string) error {
	return a.retry(ctx, func(b *storage.Batch) error {
		_, err := a.Agree(ctx, b, subject, version)
		return err
	})
}

func agreedAnew(before, after *Person) bool {
	return after.Terms != nil && (before.Terms == nil || *before.Terms != *after.Terms)
}

func agreedFacts(p *Person) map[string]string {
	if p.Terms == nil {
		return nil
	}
	return map[string]string{"version": p.Terms.Version}
}
