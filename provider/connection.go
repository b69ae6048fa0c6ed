package provider

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"signet/keys"
	"signet/provider/account"
	"signet/storage"
)

// RefreshConnection asks the other provider again who somebody is, with the tokens that were kept, and appends what it says to a batch. It
// returns account.ErrNoConnection where no tokens were kept. Errors of the provider are *Error.
func (p *Provider) RefreshConnection(ctx context.Context, b *storage.Batch, person *account.Person, f account.Foreign) error {
	s, err := p.upstreams.Source(f.Source)
	if err != nil {
		return UpstreamError(err)
	}
	of, raw, err := p.accounts.ConnectionTokens(ctx, person.Subject, f.Source)
	if err != nil {
		return err
	}
	if of != f {
		return account.ErrNoConnection
	}
	tokens, err := keptTokens(raw)
	if err != nil {
		return err
	}
	id, err := p.upstreams.Profile(ctx, f.Source, tokens, f.Subject)
	if err != nil {
		return UpstreamError(err)
	}
	known, err := p.accounts.Connected(ctx, f)
	if err != nil {
		return err
	}
	_, err = p.refresh(ctx, b, s, id, person, known.Taken)
	return err
}

// Disconnect appends that a person is no longer somebody at another provider, and returns what takes the provider's tokens back: call it
// once the batch is applied. It returns what account.Accounts.Disconnect does.
func (p *Provider) Disconnect(ctx context.Context, b *storage.Batch, person *account.Person, f account.Foreign) (after func(context.Context), err error) {
	raw, err := p.accounts.Disconnect(ctx, b, person, f, p.OffersPasswords())
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) {
		tokens, err := keptTokens(raw)
		if len(raw) == 0 || err != nil {
			return
		}
		_ = p.upstreams.Revoke(ctx, f.Source, tokens) // they end by themselves, and nobody has them any more
	}, nil
}

// UpstreamLogout takes word of another provider that somebody has signed out there (OpenID Connect Back-Channel Logout 1.0 §2.6): every
// session ends here that was begun by way of that provider. Word of somebody who is not known here is taken, too. Errors are *Error.
func (p *Provider) UpstreamLogout(ctx context.Context, source, token string) error {
	var b storage.Batch
	out, err := p.upstreams.VerifyLogoutToken(ctx, &b, source, keys.Secret(token))
	if err != nil {
		return p.refused(ctx, nil, UpstreamError(err))
	}
	if err := p.db.Apply(ctx, b); err != nil {
		if errors.Is(err, storage.ErrConflict) {
			return p.refused(ctx, nil, refuse("E-UP-09").got("a logout token that was used before"))
		}
		return AsError(err)
	}
	if out.Subject == "" { // a sid alone says nothing here: sessions do not keep it
		return p.refused(ctx, nil, refuse("E-UP-09").got("a logout token without sub"))
	}
	known, err := p.accounts.Connected(ctx, account.Foreign{Source: out.Source, Issuer: out.Issuer, Subject: out.Subject})
	if errors.Is(err, account.ErrNoConnection) {
		return nil
	}
	if err != nil {
		return AsError(err)
	}
	return p.endFederated(ctx, known.Owner)
}

// endFederated ends the sessions of a person that another provider has proved.
func (p *Provider) endFederated(ctx context.Context, subject string) error {
	sessions, err := p.accounts.Sessions.List(ctx, subject)
	if err != nil {
		return AsError(err)
	}
	for _, s := range sessions {
		if !slices.Contains(s.AMR, MethodFederated) {
			continue
		}
		if err := p.accounts.Sessions.EndOne(ctx, subject, s.SID); err != nil && !errors.Is(err, account.ErrNoSession) {
			return AsError(err)
		}
	}
	return nil
}

// Said is what a provider said of somebody, as names and values, sorted.
func Said(extra json.RawMessage) [][2]string {
	var members map[string]any
	if json.Unmarshal(extra, &members) != nil {
		return nil
	}
	var out [][2]string
	for _, name := range slices.Sorted(maps.Keys(members)) {
		switch v := members[name].(type) {
		case nil:
		case string, bool, float64:
			out = append(out, [2]string{name, fmt.Sprint(v)})
		default:
			if text, err := json.Marshal(v); err == nil {
				out = append(out, [2]string{name, string(text)})
			}
		}
	}
	return out
}
