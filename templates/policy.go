package templates

import (
	"slices"
	"strings"
)

// Policy is what a page needs of the Content-Security-Policy beyond what all pages have.
type Policy struct {
	// FormAction holds the sources to which the page's forms may lead, by redirects too. Empty means none.
	FormAction []string
	// FrameSrc holds the sources of the page's frames. Empty means that there are none.
	FrameSrc []string
	// Fetches lets the page's scripts ask this server.
	Fetches bool
}

// fetching is a policy whose scripts may ask this server, if there is a path to ask.
func (p Policy) fetching(path string) Policy {
	p.Fetches = path != ""
	return p
}

// departing is a policy whose forms may also lead to another provider, wherever it is, if they do.
func (p Policy) departing(departs bool) Policy {
	if departs && !slices.Contains(p.FormAction, "https:") {
		p.FormAction = append(p.FormAction, "https:")
	}
	return p
}

// String returns the whole header value. Nothing is inline and nothing comes from elsewhere, so there is no nonce.
func (p Policy) String() string {
	targets := strings.Join(p.FormAction, " ")
	if targets == "" {
		targets = "'none'"
	}
	frames := ""
	if len(p.FrameSrc) > 0 {
		frames = "frame-src " + strings.Join(p.FrameSrc, " ") + "; "
	}
	if p.Fetches {
		frames += "connect-src 'self'; "
	}
	return "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; " + frames +
		"base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; form-action " + targets
}

// endingAt is the policy of a page whose form ends at a client. Browsers check each redirect that follows a form, those of
// the client too, and many a client's callback leads on to another origin of its own; naming the callback's origin alone would
// leave the person on the form. So it names the scheme; a form on a loopback address may go on to https.
func endingAt(d Destination) Policy {
	p := Policy{FormAction: []string{"'self'"}}
	if d.IsZero() {
		return p
	}
	p.FormAction = append(p.FormAction, d.Scheme()+":")
	if d.Scheme() == "http" {
		p.FormAction = append(p.FormAction, "https:")
	}
	return p
}

// Policy is the whole header value for a page of this set: it allows fonts of this server if there are any.
func (s *Set) Policy(p Page) string {
	policy := p.Policy().String()
	if s.fonts {
		policy += "; font-src 'self'"
	}
	return policy
}
