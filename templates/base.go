package templates

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// Page is what Render turns into HTML. The structs of this package implement it by embedding Base; nothing else does.
type Page interface {
	// Template is the name of the page's file in html/, without its suffix.
	Template() string
	// Policy is what the page needs of the Content-Security-Policy.
	Policy() Policy
	common() Base
}

// Base is what all pages have in common.
type Base struct {
	// Product is the name of this provider as people know it.
	Product string
	// Path is the path of the issuer: empty, or "/tenant" without a slash at its end. Every local link begins with it.
	Path string
	// Reference is the request's id, which a person can tell to support. It may be empty.
	Reference string
	// Dev shows the banner of development mode.
	Dev bool
	// Help, Terms and Privacy are what the operator offers: each an https link, for Help a mailto link too, or a local path. They may
	// be empty.
	Help, Terms, Privacy string
	// Return is the local path, without the issuer's, that leads to this page once more: with it, the foot of the page has a menu of
	// languages, whose form#language posts the fields "language" and "return" to LanguagePath.
	Return string
	// CSRF is the hidden field that every form of the page carries. Without a name there is none.
	CSRF Field
}

// LanguagePath is where the menu of languages posts its choice, below the issuer's path.
const LanguagePath = "/language"

// MenuPath is LanguagePath, for templates.
func (b Base) MenuPath() (string, error) { return b.Href(LanguagePath) }

// Field is a form field that is not shown.
type Field struct{ Name, Value string }

func (b Base) common() Base { return b }

// Policy of a page whose forms end at this server.
func (b Base) Policy() Policy { return Policy{FormAction: []string{"'self'"}} }

// Href returns a local path under the issuer's path. It refuses anything that a browser could take for another site.
func (b Base) Href(path string) (string, error) {
	if err := localPath(path); err != nil {
		return "", err
	}
	return b.Path + path, nil
}

// HelpLink returns Help as a link, or nothing if it is neither a local path nor https nor an address of mail.
func (b Base) HelpLink() string {
	if IsMailLink(b.Help) {
		return b.Help
	}
	return b.linked(b.Help)
}

// TermsLink returns Terms as a link, or nothing if it is neither a local path nor https.
func (b Base) TermsLink() string { return b.linked(b.Terms) }

// PrivacyLink returns Privacy as a link, or nothing if it is neither a local path nor https.
func (b Base) PrivacyLink() string { return b.linked(b.Privacy) }

func (b Base) linked(to string) string {
	if localPath(to) == nil {
		return b.Path + to
	}
	return External(to)
}

// mailLink is an address of mail and nothing that a mail program would fill in (RFC 6068 without header fields).
var mailLink = regexp.MustCompile(`^mailto:[A-Za-z0-9.!#$*+/=^_{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$`)

// IsMailLink tells whether a link leads to an address of mail, and to nothing else.
func IsMailLink(link string) bool { return mailLink.MatchString(link) }

// IsLocal tells a path of this server, below the issuer's: nothing that a browser could take for another site.
func IsLocal(path string) bool { return localPath(path) == nil }

// IsLink tells whether something may be a link of the operator's: an https URL, or a path below the issuer's.
func IsLink(link string) bool { return IsLocal(link) || External(link) != "" }

// check refuses a base path that would lead links astray.
func (b Base) check() error {
	if b.Path == "" {
		return nil
	}
	if strings.HasSuffix(b.Path, "/") || strings.ContainsAny(b.Path, "?#") {
		return fmt.Errorf("templates: base path %q: must not end in a slash or have a query", b.Path)
	}
	return localPath(b.Path)
}

var errNotLocal = errors.New("templates: not a local path")

// localPath refuses what is not an absolute path of this site: no scheme, host, "//", backslash, dot segment or control
// character.
func localPath(p string) error {
	u, err := url.Parse(p)
	if err != nil || !strings.HasPrefix(p, "/") || u.Scheme != "" || u.Host != "" || u.User != nil {
		return fmt.Errorf("%w: %q", errNotLocal, p)
	}
	if strings.HasPrefix(p, "//") || strings.ContainsAny(p, "\\ \"'<>`") || strings.ContainsFunc(p, notASCII) {
		return fmt.Errorf("%w: %q", errNotLocal, p)
	}
	for part := range strings.SplitSeq(u.Path, "/") {
		if part == "." || part == ".." {
			return fmt.Errorf("%w: %q", errNotLocal, p)
		}
	}
	return nil
}

func notASCII(r rune) bool { return r < 0x20 || r > 0x7e }

// External returns a link out of this site if it is an absolute https URL, and otherwise nothing. It is for what a client
// says about itself: its website, policy and terms.
func External(link string) string {
	d, err := ParseDestination(link)
	if err != nil || d.scheme != "https" {
		return ""
	}
	return d.uri
}
