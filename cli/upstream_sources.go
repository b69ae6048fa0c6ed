package cli

import (
	"crypto/rand"
	"fmt"
	"time"

	"signet/cli/config"
	"signet/keys"
	"signet/provider/outbound"
	"signet/provider/spelling"
	"signet/provider/upstream"
	"signet/storage"
)

// sourceOf is an [[upstream]] as the package has it, before its preset is laid under it.
func sourceOf(c config.Upstream) upstream.Source {
	return upstream.Source{
		ID: c.ID, Preset: c.Preset, Protocol: c.Protocol, Name: c.Name, Color: c.Color, Disabled: c.Disabled,
		Issuer: c.Issuer, AuthorizationEndpoint: c.AuthorizationEndpoint, TokenEndpoint: c.TokenEndpoint, UserInfoEndpoint: c.UserInfoEndpoint, JWKSURI: c.JWKSURI,
		RequestTokenEndpoint: c.RequestTokenEndpoint, EmailsEndpoint: c.EmailsEndpoint, AudienceEndpoint: c.AudienceEndpoint, RevocationEndpoint: c.RevocationEndpoint,
		ClientID: c.ClientID, ClientSecret: keys.Secret(c.ClientSecret.Reveal()), PrivateKey: keys.Secret(c.PrivateKey.Reveal()), KeyID: c.KeyID,
		ClientAuth: c.ClientAuth, PKCE: c.PKCE, ResponseMode: c.ResponseMode, Params: c.Params, Scopes: c.Scopes, AuthorizeParams: c.AuthorizeParams, Algorithms: c.Algorithms,
		SubjectPath: c.SubjectPath, EmailPath: c.EmailPath, VerifiedPath: c.VerifiedPath, EmailVerified: c.EmailVerified, Claims: c.Claims, EmailDomains: c.EmailDomains,
		Directory: upstream.Directory{
			Server: c.Server, UserDN: c.UserDN, BindDN: c.BindDN, BindPassword: keys.Secret(c.BindPassword.Reveal()), BaseDN: c.BaseDN, Filter: c.Filter,
		},
		Audience: c.Audience, Audiences: c.Audiences, TrustAMR: c.TrustAMR, KeepTokens: c.KeepTokens, OnNew: c.OnNew, LinkBy: c.LinkBy, RefreshProfile: c.RefreshProfile,
	}
}

// onNewBy is what becomes of people without an account where the source does not say: what becomes of them elsewhere.
var onNewBy = map[string]string{"open": "create", "invite": "invite", "domain": "deny", "closed": "deny"}

func sourcesOf(cfg *config.Config) []upstream.Source {
	sources := make([]upstream.Source, len(cfg.Upstreams))
	for i, c := range cfg.Upstreams {
		sources[i] = sourceOf(c)
		if sources[i].OnNew == "" {
			sources[i].OnNew = onNewBy[cfg.SignUp.Mode]
		}
	}
	return sources
}

// checkUpstreams names what is wrong with upstreams once their presets are laid under them.
func checkUpstreams(cfg *config.Config) (problems []config.Problem) {
	first := map[string]int{}
	for i, c := range cfg.Upstreams {
		at := fmt.Sprintf("upstream[%d]", i+1)
		if n := first[c.ID]; n > 0 {
			problems = append(problems, config.Problem{Key: at + ".id", Got: fmt.Sprintf("got %q, which upstream[%d] has", c.ID, n), Allowed: "an id of its own", Fix: "write another id; it is part of the callback address"})
			continue
		}
		first[c.ID] = i + 1
		_, wrong := upstream.Complete(sourceOf(c))
		for _, p := range wrong {
			if near := spelling.Nearest(c.Preset, presetNames()); p.Field == "preset" && near != "" {
				p.Fix = "did you mean " + near + "?"
			}
			problems = append(problems, config.Problem{Key: at + "." + p.Field, Got: p.Got, Allowed: p.Allowed, Fix: p.Fix})
		}
	}
	return problems
}

func presetNames() (names []string) {
	for _, row := range upstream.Presets() {
		names = append(names, row.Preset)
	}
	return names
}

// openUpstreams makes the providers that people sign in with.
func (n *node) openUpstreams(out *outbound.Client) (*upstream.Upstreams, error) {
	return upstream.New(upstream.Config{DB: n.db, Sealer: n.sealer, Rand: rand.Reader, Outbound: out, Base: n.config.Issuer, Sources: sourcesOf(n.config)})
}

// upstreams are those of the configuration, for commands that need no data.
func (p *program) upstreams() (*config.Config, *upstream.Upstreams, error) {
	cfg, err := p.load()
	if err != nil {
		return nil, nil, err
	}
	out, err := outboundClient(cfg.Outbound)
	if err != nil {
		return nil, nil, err
	}
	u, err := upstream.New(upstream.Config{DB: storage.New(nil, nil, time.Now), Rand: rand.Reader, Outbound: out, Base: cfg.Issuer, Sources: sourcesOf(cfg)})
	return cfg, u, err
}
