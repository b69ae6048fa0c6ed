package account

import (
	"context"

	"signet/provider/audit"
	"signet/storage"
)

// newsOfLetters are the audit's names of what the letters tell.
var newsOfLetters = map[string]string{
	LetterFactorAdded: "factor.added", LetterFactorRemoved: "factor.removed", LetterRecoveryCode: "recovery.code",
}

// factorNews appends the record and the letter that tell of a change of a person's factors.
func (a *Accounts) factorNews(ctx context.Context, b *storage.Batch, p *Person, letter string, facts map[string]string) error {
	event := audit.Event{Kind: newsOfLetters[letter], Subject: p.Subject}
	if kind := facts["factor"]; kind != "" {
		event.Facts = map[string]string{"factor": kind}
	}
	if err := a.trail.Record(ctx, b, event); err != nil {
		return err
	}
	return a.Notify(b, p, letter, facts)
}
