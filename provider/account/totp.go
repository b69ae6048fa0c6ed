package account

import (
	"context"
	"crypto/hmac"
	"crypto/sha1" // as authenticator apps have it, and as good as ever inside HMAC
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"io"
	"net/url"
	"strings"

	"signet/storage"
)

// TOTP is a secret that an authenticator app shares (RFC 6238): SHA-1, six digits, 30 seconds, which is what all apps do.
type TOTP struct {
	Secret  []byte `json:"secret"`
	Created int64  `json:"created"`
	// Used is when a code last signed in, in Unix seconds; Step the newest time step whose code was used. Neither goes back.
	Used int64 `json:"used,omitempty"`
	Step int64 `json:"step"`
}

const (
	// totpSecret is in bytes: as long as the hash (RFC 4226 §4 R6).
	totpSecret = 20
	totpStep   = 30
	totpDigits = 6
	totpModulo = 1_000_000
	// totpWindow is how many steps a clock may be off, either way.
	totpWindow = 1
)

// NewTOTPSecret makes a secret for an authenticator app.
func (a *Accounts) NewTOTPSecret() ([]byte, error) {
	secret := make([]byte, totpSecret)
	if _, err := io.ReadFull(a.rand, secret); err != nil {
		return nil, fmt.Errorf("account: totp secret: %w", err)
	}
	return secret, nil
}

var totpEncoding = base32.StdEncoding.WithPadding(base32.NoPadding)

// TOTPText is a secret as people type it.
func TOTPText(secret []byte) string { return totpEncoding.EncodeToString(secret) }

// TOTPAddress is the otpauth address of a secret, which authenticator apps read from a QR code.
func TOTPAddress(product, name string, secret []byte) string {
	label := strings.ReplaceAll(product, ":", " ") + ":" + name
	query := url.Values{"secret": {TOTPText(secret)}, "issuer": {product}}
	return "otpauth://totp/" + url.PathEscape(label) + "?" + strings.ReplaceAll(query.Encode(), "+", "%20")
}

// totpCode is the code of a time step (RFC 6238 §4.2, RFC 4226 §5.3).
func totpCode(secret []byte, step int64) string {
	mac := hmac.New(sha1.New, secret)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(step)))
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 0xf
	return fmt.Sprintf("%0*d", totpDigits, binary.BigEndian.Uint32(sum[at:])&0x7fffffff%totpModulo)
}

// totpMatch returns the newest step around now whose code this is. All are computed, whichever matches.
func totpMatch(secret []byte, now int64, code string) (step int64, ok bool) {
	for s := now/totpStep - totpWindow; s <= now/totpStep+totpWindow; s++ {
		if subtle.ConstantTimeCompare([]byte(totpCode(secret, s)), []byte(code)) == 1 {
			step, ok = s, true
		}
	}
	return step, ok
}

// typedCode takes out what people put between digits.
func typedCode(s string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' {
			return -1
		}
		return r
	}, s)
}

// UseTOTP appends to a batch that a code of a person's authenticator app is spent. A code that is not theirs, not of now, or used
// before is ErrRefused. The batch fails with storage.ErrConflict if another code was used meanwhile: then begin again, and hear
// that this one is spent.
func (a *Accounts) UseTOTP(ctx context.Context, b *storage.Batch, subject, code string) error {
	f, err := a.Factors(ctx, subject)
	if err != nil {
		return err
	}
	if f.TOTP == nil {
		return refused(ErrNoFactor)
	}
	now := a.unix()
	step, ok := totpMatch(f.TOTP.Secret, now, typedCode(code))
	switch {
	case !ok:
		return refused(ErrWrongCode)
	case step <= f.TOTP.Step:
		return refused(ErrSpentCode)
	}
	used := *f.TOTP
	used.Step, used.Used = step, now
	f.TOTP = &used
	return a.keepFactors(b, f)
}

// SetTOTP appends to a batch that a secret is the person's, in place of one that they had, if code is of it now; the code is
// spent. With first it is refused with ErrFactors if they have a second factor already, though it be another one. A wrong code is
// ErrRefused.
func (a *Accounts) SetTOTP(ctx context.Context, b *storage.Batch, p *Person, secret []byte, code string, first bool, where map[string]string) error {
	f, err := a.Factors(ctx, p.Subject)
	if err != nil {
		return err
	}
	if first && f.Second() {
		return ErrFactors
	}
	now := a.unix()
	step, ok := totpMatch(secret, now, typedCode(code))
	if !ok || len(secret) != totpSecret {
		return refused(ErrWrongCode)
	}
	if f.TOTP != nil && string(f.TOTP.Secret) == string(secret) {
		return refused(ErrSpentCode)
	}
	f.TOTP = &TOTP{Secret: secret, Created: now, Used: now, Step: step}
	a.asRead(b, p)
	if err := a.factorNews(ctx, b, p, LetterFactorAdded, with(where, "factor", FactorTOTP)); err != nil {
		return err
	}
	return a.keepFactors(b, f)
}

// RemoveTOTP appends to a batch that the person's authenticator app is theirs no more. demanded says that the policy wants a second
// factor of them: then the last one is ErrLastFactor.
func (a *Accounts) RemoveTOTP(ctx context.Context, b *storage.Batch, p *Person, demanded bool, where map[string]string) error {
	f, err := a.Factors(ctx, p.Subject)
	if err != nil {
		return err
	}
	if f.TOTP == nil {
		return ErrNoFactor
	}
	f.TOTP = nil
	if demanded && !f.Second() {
		return ErrLastFactor
	}
	if !f.Second() {
		f.Recovery = nil
	}
	a.asRead(b, p)
	if err := a.factorNews(ctx, b, p, LetterFactorRemoved, with(where, "factor", FactorTOTP)); err != nil {
		return err
	}
	return a.keepFactors(b, f)
}

// with is a copy of facts with one more.
func with(facts map[string]string, name, value string) map[string]string {
	out := map[string]string{name: value}
	for k, v := range facts {
		out[k] = v
	}
	return out
}
