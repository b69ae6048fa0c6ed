package config

import (
	"slices"
	"strings"
)

// checkLogin pairs a way in with what it needs.
func (l *loader) checkLogin() {
	if slices.Contains(l.config.Login.Methods, "mail") && !l.config.Mail.On() {
		l.wrong("login.methods", Problem{Got: "has mail without a mail server", Allowed: "mail, if there is a mail server in [mail]", Fix: "name the mail server in mail.server, or remove mail"}, "mail.server")
	}
}

// maxVersion is how long the name of a version of the terms may be, in bytes.
const maxVersion = 64

// checkSignUp pairs the mode with what it needs. Development mode, which catches every mail, has no mail server.
func (l *loader) checkSignUp() {
	s := l.config.SignUp
	if s.Mode != "closed" && !l.config.Mail.On() {
		l.wrong("signup.mode", Problem{Got: "is " + s.Mode + " without a mail server", Allowed: "closed, or a mail server in [mail]", Fix: "name the mail server in mail.server"}, "mail.server")
	}
	if s.Mode == "domain" && len(s.Domains) == 0 {
		l.wrong("signup.domains", Problem{Got: "is empty while signup.mode is domain", Allowed: "at least one domain", Fix: `write domains = ["example.com"]`}, "signup.mode")
	}
	for _, d := range s.Domains {
		if d != strings.ToLower(d) || !strings.Contains(d, ".") || strings.ContainsAny(d, "@ /:*") {
			l.wrong("signup.domains", Problem{Got: "got " + shorten(d), Allowed: "domains in lower case, such as example.com", Fix: `write domains = ["example.com"]`})
		}
	}
	if s.TermsURI != "" && s.TermsFile != "" {
		l.wrong("signup.terms_file", Problem{Got: "is set beside signup.terms_uri", Allowed: "one of the two", Fix: "remove one of them"}, "signup.terms_uri")
	}
	if s.TermsVersion != "" && s.TermsURI == "" && s.TermsFile == "" {
		l.wrong("signup.terms_version", Problem{Got: "is set without terms", Allowed: "signup.terms_uri or signup.terms_file beside", Fix: "say where the terms are"}, "signup.terms_uri", "signup.terms_file")
	}
	if len(s.TermsVersion) > maxVersion {
		l.wrong("signup.terms_version", Problem{Got: "got " + shorten(s.TermsVersion), Allowed: "at most 64 bytes", Fix: `write terms_version = "2026-11"`})
	}
	if b := l.config.Branding; b.PrivacyURI != "" && b.PrivacyFile != "" {
		l.wrong("branding.privacy_file", Problem{Got: "is set beside branding.privacy_uri", Allowed: "one of the two", Fix: "remove one of them"}, "branding.privacy_uri")
	}
	if s.TermsURI != "" && !strings.HasPrefix(s.TermsURI, "https://") {
		l.wrong("signup.terms_uri", Problem{Got: "got " + shorten(s.TermsURI), Allowed: "an https URL", Fix: "begin it with https://"})
	}
}
