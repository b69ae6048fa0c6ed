package account

import (
	"context"
	"crypto/subtle"
	"fmt"
	"io"
	"slices"
	"strings"

	"signet/storage"
)

const (
	// RecoveryCodes is how many there are in a set.
	RecoveryCodes = 10
	// recoveryBytes are 120 random bits: more than need a slow hash (OWASP ASVS 5.0 §6.5.2).
	recoveryBytes = 15
	recoveryGroup = 4
)

// NewRecoveryCodes appends a new set of recovery codes to a batch, in place of all from before, and returns them. They are shown
// once: what is stored are keyed hashes. Without a second factor there is nothing to recover: ErrNoFactor.
func (a *Accounts) NewRecoveryCodes(ctx context.Context, b *storage.Batch, p *Person) ([]string, error) {
	f, err := a.Factors(ctx, p.Subject)
	if err != nil {
		return nil, err
	}
	if !f.Second() {
		return nil, ErrNoFactor
	}
	f.Recovery, f.RecoveryMade = nil, a.unix()
	codes := make([]string, RecoveryCodes)
	for i := range codes {
		raw := make([]byte, recoveryBytes)
		if _, err := io.ReadFull(a.rand, raw); err != nil {
			return nil, fmt.Errorf("account: recovery codes: %w", err)
		}
		plain := strings.ToLower(totpEncoding.EncodeToString(raw))
		codes[i] = grouped(plain)
		f.Recovery = append(f.Recovery, a.recoveryHash(p.Subject, plain))
	}
	a.asRead(b, p)
	return codes, a.keepFactors(b, f)
}

// grouped puts dashes into a code.
func grouped(plain string) string {
	var parts []string
	for part := range slices.Chunk([]byte(plain), recoveryGroup) {
		parts = append(parts, string(part))
	}
	return strings.Join(parts, "-")
}

func (a *Accounts) recoveryHash(subject, plain string) []byte {
	return a.db.Hash("account.recovery", []byte(subject+"\x00"+plain))
}

// UseRecoveryCode appends to a batch that a recovery code is spent, and a notice of it. One that is not theirs, or was used before, is
// ErrRefused. The batch fails with storage.ErrConflict if the person's factors have changed meanwhile: then begin again.
func (a *Accounts) UseRecoveryCode(ctx context.Context, b *storage.Batch, p *Person, code string, where map[string]string) error {
	f, err := a.Factors(ctx, p.Subject)
	if err != nil {
		return err
	}
	sum := a.recoveryHash(p.Subject, strings.ToLower(typedCode(code)))
	at := -1
	for i, stored := range f.Recovery {
		if subtle.ConstantTimeCompare(stored, sum) == 1 {
			at = i
		}
	}
	if at < 0 {
		return refused(ErrWrongCode)
	}
	f.Recovery = slices.Delete(slices.Clone(f.Recovery), at, at+1)
	if err := a.factorNews(ctx, b, p, LetterRecoveryCode, with(where, "left", fmt.Sprint(len(f.Recovery)))); err != nil {
		return err
	}
	return a.keepFactors(b, f)
}
