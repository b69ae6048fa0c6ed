package provider

import "time"

// Lifetimes are how long things live. A zero field means the default.
type Lifetimes struct {
	// Request is how long a sign-in may take from the first /authorize; default 30 minutes.
	Request time.Duration
	// Code is the life of an authorization code; default and limit 60 s (RFC 9700, FAPI 2.0 §5.3.2.1).
	Code time.Duration
	// Device is how long a device may wait for a person; default and limit 5 minutes.
	Device time.Duration
	// Access is the life of an access token; default 15 minutes.
	Access time.Duration
	// IDToken is the life of an ID token; default 1 hour.
	IDToken time.Duration
	// RefreshIdle is how long a refresh token may lie unused; default 30 days.
	RefreshIdle time.Duration
	// RefreshMax is the life of a grant with refresh tokens; default 90 days.
	RefreshMax time.Duration
	// RefreshGrace is how long after a rotation the same client may repeat it; negative turns it off; default 10 s.
	RefreshGrace time.Duration
}

// maxCode is the longest life of an authorization code.
const maxCode = time.Minute

// maxDevice is how old a device's request may be when a person approves it: who is talked into typing a code finds that it has
// ended, unless the talker is quick.
const maxDevice = 5 * time.Minute

func (l Lifetimes) withDefaults() Lifetimes {
	set := func(d *time.Duration, def time.Duration) {
		if *d == 0 {
			*d = def
		}
	}
	set(&l.Request, 30*time.Minute)
	set(&l.Code, maxCode)
	l.Code = min(l.Code, maxCode)
	set(&l.Device, maxDevice)
	l.Device = min(l.Device, maxDevice)
	set(&l.Access, 15*time.Minute)
	set(&l.IDToken, time.Hour)
	set(&l.RefreshIdle, 30*24*time.Hour)
	set(&l.RefreshMax, 90*24*time.Hour)
	set(&l.RefreshGrace, 10*time.Second)
	return l
}

func orSeconds(own int64, def time.Duration) time.Duration {
	if own > 0 {
		return time.Duration(own) * time.Second
	}
	return def
}

func (l Lifetimes) access(c *Client) time.Duration  { return orSeconds(c.Lifetimes.Access, l.Access) }
func (l Lifetimes) idToken(c *Client) time.Duration { return orSeconds(c.Lifetimes.IDToken, l.IDToken) }
func (l Lifetimes) refreshIdle(c *Client) time.Duration {
	return orSeconds(c.Lifetimes.RefreshIdle, l.RefreshIdle)
}
func (l Lifetimes) refreshMax(c *Client) time.Duration {
	return orSeconds(c.Lifetimes.RefreshMax, l.RefreshMax)
}
