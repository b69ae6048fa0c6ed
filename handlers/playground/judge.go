package playground

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"signet/templates"
)

// expected is what a token is held to.
type expected struct {
	issuer, client string
	now            time.Time
	// nonce is what was sent. A token that came by refresh need not repeat it (OIDC Core §12.2).
	nonce     string
	refreshed bool
	// subject is who it must be about, if that is known before.
	subject string
	// asked tells whether the request demands auth_time; maxAge is how many seconds ago it may be, negative for any number.
	asked  bool
	maxAge int
	// acr are the classes of which the request demands one.
	acr []string
	// alg signs the token. beside is what came with it, by the claim that holds the hash of it; demanded are the hashes that
	// must be there.
	alg      string
	beside   map[string]string
	demanded []string
	// session is the sid of the sign-in that should end, seen are the names of logout tokens that were taken.
	session string
	seen    map[string]bool
}

// leeway is how much clocks may differ.
const leeway = time.Minute

// rule is the check of a claim. One that does not apply returns no state.
type rule struct {
	claim string
	check func(c *claims, x expected) templates.State
}

// The rules that several kinds of tokens share.
var (
	issRule = rule{"iss", func(c *claims, x expected) templates.State { return stateOf(c.Issuer == x.issuer) }}
	audRule = rule{"aud", func(c *claims, x expected) templates.State { return stateOf(slices.Contains(c.Audience, x.client)) }}
	expRule = rule{"exp", func(c *claims, x expected) templates.State {
		return stateOf(x.now.Before(time.Unix(int64(c.Expires), 0)))
	}}
	iatRule = rule{"iat", func(c *claims, x expected) templates.State {
		return stateOf(c.Issued > 0 && x.now.Add(leeway).After(time.Unix(int64(c.Issued), 0)))
	}}
)

// idRules are the checks of an ID token (OIDC Core §3.1.3.7, §3.2.2.11, §3.3.2.12).
var idRules = []rule{
	issRule, audRule,
	{"azp", func(c *claims, x expected) templates.State {
		if c.Authorized == "" && len(c.Audience) < 2 {
			return ""
		}
		return stateOf(c.Authorized == x.client)
	}},
	expRule, iatRule,
	{"nonce", func(c *claims, x expected) templates.State {
		if c.Nonce == "" && (x.nonce == "" || x.refreshed) {
			return ""
		}
		return stateOf(c.Nonce == x.nonce)
	}},
	hashRule("at_hash", func(c *claims) string { return c.AccessHash }),
	hashRule("c_hash", func(c *claims) string { return c.CodeHash }),
	hashRule("s_hash", func(c *claims) string { return c.StateHash }),
	{"auth_time", func(c *claims, x expected) templates.State {
		if !x.asked {
			return ""
		}
		return stateOf(c.AuthTime > 0 && (x.maxAge < 0 || x.now.Sub(time.Unix(int64(c.AuthTime), 0)) <= time.Duration(x.maxAge)*time.Second+leeway))
	}},
	{"acr", func(c *claims, x expected) templates.State {
		if len(x.acr) == 0 {
			return ""
		}
		return stateOf(slices.Contains(x.acr, c.ACR))
	}},
	{"sub", func(c *claims, x expected) templates.State {
		if x.subject == "" {
			return stateOf(c.Subject != "")
		}
		return stateOf(c.Subject == x.subject)
	}},
}

// hashRule holds a hash to what came beside the token.
func hashRule(claim string, of func(*claims) string) rule {
	return rule{claim, func(c *claims, x expected) templates.State {
		got := of(c)
		if got == "" && !slices.Contains(x.demanded, claim) {
			return ""
		}
		return stateOf(got != "" && got == halfHash(x.alg, x.beside[claim]))
	}}
}

func stateOf(good bool) templates.State {
	if good {
		return templates.OK
	}
	return templates.Bad
}

// expect is what a run expects of the ID token in a response.
func (p *Playground) expect(r *run, t *tokens) expected {
	q := r.request.params
	x := expected{
		issuer: p.issuer, client: r.client.id, now: p.clock(), nonce: q.Get("nonce"), asked: q.Has("max_age"), maxAge: -1, acr: essentialACR(q.Get("claims")),
		beside: map[string]string{"at_hash": t.Access, "s_hash": q.Get("state")},
	}
	if seconds, err := strconv.Atoi(q.Get("max_age")); err == nil {
		x.maxAge = seconds
	}
	if r.callback != nil {
		x.beside["c_hash"] = r.callback.params.Get("code")
	}
	return x
}

// judge checks the ID token of a response. Without an ID token there is no verdict.
func (p *Playground) judge(ctx context.Context, r *run, t *tokens, x expected) *verdict {
	if t.ID == "" {
		return nil
	}
	v := p.examine(ctx, r, t.ID, idRules, x)
	if v.claims != nil {
		_, err := p.library(ctx, r, v.keys)(&oidc.Config{ClientID: r.client.id}).Verify(ctx, t.ID)
		v.note("library", stateOf(err == nil))
		v.reason(err)
	}
	return v
}
