package upstream

import (
	"slices"
	"strings"

	"golang.org/x/net/idna"
)

// asciiDomain is a domain name in its canonical spelling: small letters, punycode, no dot at the end.
func asciiDomain(name string) (string, bool) {
	ascii, err := idna.Lookup.ToASCII(name)
	if err != nil || ascii == "" || strings.HasSuffix(ascii, ".") || !strings.Contains(ascii, ".") || len(ascii) > 253 {
		return "", false
	}
	return ascii, true
}

// domainOf is the domain of an e-mail address. Addresses with more than one '@', with quotes, comments, spaces or a display name have
// none: who reads them one way and who delivers them another would not agree.
func domainOf(email string) (string, bool) {
	local, domain, ok := strings.Cut(email, "@")
	if !ok || local == "" || len(email) > 254 || strings.ContainsFunc(email, func(r rune) bool { return r <= ' ' || r == 0x7f || strings.ContainsRune(`"()<>,;:\[]`, r) }) {
		return "", false
	}
	if strings.Contains(domain, "@") {
		return "", false
	}
	return asciiDomain(domain)
}

// allows tells whether somebody with this address may come.
func (s *Source) allows(email string, verified bool) bool {
	if len(s.EmailDomains) == 0 {
		return true
	}
	domain, ok := domainOf(email)
	return ok && verified && slices.Contains(s.EmailDomains, domain)
}
