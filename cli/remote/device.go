package remote

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"time"
)

// grantDevice is the grant type of RFC 8628 §3.4.
const grantDevice = "urn:ietf:params:oauth:grant-type:device_code"

// Pending is a device authorization that waits for a person (RFC 8628 §3.2).
type Pending struct {
	DeviceCode string `json:"device_code"`
	UserCode   string `json:"user_code"`
	Verify     string `json:"verification_uri"`
	Complete   string `json:"verification_uri_complete"`
	ExpiresIn  int64  `json:"expires_in"`
	// Interval is how many seconds to wait between polls.
	Interval int64 `json:"interval"`

	verifier string
	expires  time.Time
}

// Tokens are what a provider issues (RFC 6749 §5.1).
type Tokens struct {
	Access    string `json:"access_token"`
	Refresh   string `json:"refresh_token"`
	ExpiresIn int64  `json:"expires_in"`
	Scope     string `json:"scope"`
}

// Errors of a sign-in.
var (
	// ErrNoDeviceGrant says that the provider does not offer the device grant.
	ErrNoDeviceGrant = errors.New("remote: the provider does not offer the device grant")
	// ErrExpired says that nobody answered in time.
	ErrExpired = errors.New("remote: nobody answered in time")
	// ErrDenied says that the person refused.
	ErrDenied = errors.New("remote: the person refused")
)

// Limits of what a provider may ask for.
const (
	defaultInterval = 5 * time.Second
	maxInterval     = time.Minute
	maxLife         = 30 * time.Minute
)

// Start begins a device authorization (RFC 8628 §3.1), with PKCE where the provider announces it.
func (c *Client) Start(ctx context.Context, s *Server, scope string, resources []string) (*Pending, error) {
	if s.Device == "" || s.Token == "" {
		return nil, ErrNoDeviceGrant
	}
	form := url.Values{"scope": {scope}, "resource": resources}
	p := &Pending{}
	if slices.Contains(s.Challenges, "S256") {
		var err error
		if p.verifier, err = c.newVerifier(); err != nil {
			return nil, err
		}
		sum := sha256.Sum256([]byte(p.verifier))
		form.Set("code_challenge", base64.RawURLEncoding.EncodeToString(sum[:]))
		form.Set("code_challenge_method", "S256")
	}
	if err := c.post(ctx, s.Device, form, p); err != nil {
		return nil, err
	}
	if p.DeviceCode == "" || p.UserCode == "" || !secure(p.Verify) || p.Complete != "" && !secure(p.Complete) {
		return nil, errors.New("remote: device authorization: a member is missing, or its address is neither https nor on this machine")
	}
	p.expires = c.Clock().Add(min(time.Duration(p.ExpiresIn)*time.Second, maxLife))
	return p, nil
}

func (c *Client) newVerifier() (string, error) {
	var b [32]byte
	if _, err := io.ReadFull(c.Rand, b[:]); err != nil {
		return "", fmt.Errorf("remote: verifier: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b[:]), nil
}

// Await polls until the person has answered (RFC 8628 §3.4). It returns ErrDenied, ErrExpired, or what else ended it. A poll that
// gets no answer is repeated later and later.
func (c *Client) Await(ctx context.Context, s *Server, p *Pending) (*Tokens, error) {
	form := url.Values{"grant_type": {grantDevice}, "device_code": {p.DeviceCode}}
	if p.verifier != "" {
		form.Set("code_verifier", p.verifier)
	}
	interval := defaultInterval
	if p.Interval > 0 {
		interval = min(time.Duration(p.Interval)*time.Second, maxInterval)
	}
	for {
		if err := c.wait(ctx, interval); err != nil {
			return nil, err
		}
		if !c.Clock().Before(p.expires) {
			return nil, ErrExpired
		}
		t := &Tokens{}
		err := c.post(ctx, s.Token, form, t)
		if err == nil {
			return t, t.check()
		}
		if interval, err = afterRefusal(interval, err); err != nil {
			return nil, err
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
}

// afterRefusal is how long to wait before the next poll, or why there is none (RFC 8628 §3.5).
func afterRefusal(interval time.Duration, err error) (time.Duration, error) {
	var refusal *Error
	if !errors.As(err, &refusal) || refusal.Status >= 500 || refusal.Status == 429 {
		return min(2*interval, maxInterval), nil
	}
	switch refusal.Code {
	case "authorization_pending":
		return interval, nil
	case "slow_down":
		return interval + 5*time.Second, nil
	case "access_denied":
		return 0, ErrDenied
	case "expired_token":
		return 0, ErrExpired
	}
	return 0, err
}

func (t *Tokens) check() error {
	if t.Access == "" {
		return errors.New("remote: the answer has no access token")
	}
	return nil
}

func (c *Client) wait(ctx context.Context, d time.Duration) error {
	if c.Wait != nil {
		return c.Wait(ctx, d)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
