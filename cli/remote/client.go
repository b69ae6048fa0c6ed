package remote

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Client sends requests in the name of a registered client of an issuer.
type Client struct {
	// ID is the client_id. The command line keeps no secret, so the client must be a public one.
	ID string
	// HTTP sends the requests. It should have a timeout.
	HTTP *http.Client
	// Agent is the User-Agent, which people see when they are asked.
	Agent string
	// Clock is the time by which codes and tokens end.
	Clock func() time.Time
	// Rand gives a verifier's random bytes.
	Rand io.Reader
	// Wait waits for a while; nil waits as long as it takes.
	Wait func(ctx context.Context, d time.Duration) error
}

// Server is what is known of a provider (RFC 8414 §2, RFC 8628 §4).
type Server struct {
	Issuer     string   `json:"issuer"`
	Device     string   `json:"device_authorization_endpoint"`
	Token      string   `json:"token_endpoint"`
	Revocation string   `json:"revocation_endpoint"`
	UserInfo   string   `json:"userinfo_endpoint"`
	Challenges []string `json:"code_challenge_methods_supported"`
}

// maxAnswer is how many bytes of an answer are read.
const maxAnswer = 1 << 20

// Error is a refusal in a provider's words (RFC 6749 §5.2). They come from elsewhere and may be anything.
type Error struct {
	Status      int
	Code        string `json:"error"`
	Description string `json:"error_description"`
}

func (e *Error) Error() string {
	switch {
	case e.Code == "":
		return fmt.Sprintf("remote: status %d", e.Status)
	case e.Description == "":
		return "remote: " + Printable(e.Code)
	}
	return "remote: " + Printable(e.Code) + ": " + Printable(e.Description)
}

// Printable drops what a terminal would obey.
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
}

// Discover reads an issuer's metadata (OIDC Discovery §4). It refuses those of another issuer, and addresses that are neither
// https nor on this machine.
func (c *Client) Discover(ctx context.Context, issuer string) (*Server, error) {
	if !secure(issuer) {
		return nil, fmt.Errorf("remote: issuer %s: want https, or http on this machine", Printable(issuer))
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(issuer, "/")+"/.well-known/openid-configuration", nil)
	if err != nil {
		return nil, fmt.Errorf("remote: issuer: %w", err)
	}
	s := &Server{}
	if err := c.do(r, s); err != nil {
		return nil, fmt.Errorf("remote: discovery of %s: %w", Printable(issuer), err)
	}
	if s.Issuer != issuer {
		return nil, fmt.Errorf("remote: discovery of %s is that of %s", Printable(issuer), Printable(s.Issuer))
	}
	for name, address := range map[string]string{"token_endpoint": s.Token, "device_authorization_endpoint": s.Device, "revocation_endpoint": s.Revocation, "userinfo_endpoint": s.UserInfo} {
		if address != "" && !secure(address) {
			return nil, fmt.Errorf("remote: %s %s: want https, or http on this machine", name, Printable(address))
		}
	}
	return s, nil
}

// secure tells https, and plain http that stays on this machine.
func secure(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && (u.Hostname() == "localhost" || ip != nil && ip.IsLoopback())
}

// post sends a form in the client's name and reads the answer into out, which may be nil.
func (c *Client) post(ctx context.Context, address string, form url.Values, out any) error {
	form.Set("client_id", c.ID)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return fmt.Errorf("remote: request: %w", err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return c.do(r, out)
}

// do sends a request. A refusal is an *Error; everything else says that there was no answer, or none that could be read.
func (c *Client) do(r *http.Request, out any) error {
	r.Header.Set("Accept", "application/json")
	r.Header.Set("User-Agent", c.Agent)
	resp, err := c.HTTP.Do(r)
	if err != nil {
		return fmt.Errorf("remote: %w", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("remote: answer: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		refusal := &Error{}
		_ = json.Unmarshal(body, refusal) // what is no JSON has no code
		refusal.Status = resp.StatusCode
		return refusal
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(body, out); err != nil {
		return fmt.Errorf("remote: answer: %w", err)
	}
	return nil
}
