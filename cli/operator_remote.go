package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"signet/handlers/api"
	"signet/provider"
)

// remoteOperator administers another provider over the network, with the login that there is for it.
func (p *program) remoteOperator(ctx context.Context) (*operator, error) {
	in, err := p.logins.find(ctx, p.server)
	if err == nil {
		err = in.fresh(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("cli: --server %s: %w (with --administer)", p.server, err)
	}
	client := *in.client.HTTP
	client.Timeout = 0 // some answers are long; each is bounded by the command's own end
	client.Transport = bearing{token: in.login.Access, next: client.Transport}
	return &operator{client: &client, base: in.server.Issuer + provider.PathAdministration, close: func() {}}, nil
}

// bearing is a transport that sends an access token with every request.
type bearing struct {
	token string
	next  http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (b bearing) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+b.token)
	return b.next.RoundTrip(r)
}

// refusedToken is an answer that is no operation's: the access token was refused (RFC 6750 §3), or something stands between.
func refusedToken(resp *http.Response, body []byte) error {
	refusal := api.TokenError{}
	if json.Unmarshal(body, &refusal) != nil || refusal.Error == "" {
		return fmt.Errorf("cli: server: status %d", resp.StatusCode)
	}
	message := refusal.Description
	if refusal.Error == "insufficient_scope" {
		message += "; your role, or the client's scopes, do not have it"
	}
	return &api.Error{Status: resp.StatusCode, Code: refusal.Error, Message: message}
}
