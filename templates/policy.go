package templates

import "strings"

// Policy is what a page needs of the Content-Security-Policy beyond what all pages have.
type Policy struct {
	// FormAction holds the sources to which the page's forms may lead, by redirects too. Empty means none.
	FormAction []string
}

// String returns the whole header value. Nothing is inline and nothing comes from elsewhere, so there is no nonce.
func (p Policy) String() string {
	targets := strings.Join(p.FormAction, " ")
	if targets == "" {
		targets = "'none'"
	}
	return "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; " +
		"base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; form-action " + targets
}

// endingAt is the policy of a page whose form ends at a client: browsers check each redirect that follows a form.
func endingAt(d Destination) Policy {
	p := Policy{FormAction: []string{"'self'"}}
	if s := d.Source(); s != "" {
		p.FormAction = append(p.FormAction, s)
	}
	return p
}
