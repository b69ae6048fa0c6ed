package config

import (
	"slices"
	"strings"
)

func (l *loader) checkRegistration() {
	r := l.config.Registration
	for _, t := range r.ResponseTypes {
		needs := grantsOf(t)
		for _, grant := range needs {
			if !slices.Contains(r.GrantTypes, grant) {
				l.wrong("registration.response_types", Problem{
					Got: quote(t) + " needs the grant " + grant, Allowed: "response types of registration.grant_types",
					Fix: "add " + grant + " to registration.grant_types, or remove it here"}, "registration.grant_types")
			}
		}
	}
	for _, name := range r.ReservedNames {
		if !isLine(name, 64) {
			l.wrong("registration.reserved_names", Problem{Got: "got " + shorten(name), Allowed: "1 to 64 characters on one line", Fix: "write one name a list item"})
		}
	}
	seen := map[string]string{}
	for i, s := range l.config.SoftwareIssuers {
		at := element("software_issuer", i+1)
		l.checkID(at+".issuer", s.Issuer, isLine(s.Issuer, 256), "1 to 256 characters on one line", s.Issuer, seen)
		if s.JWKSFile == "" {
			l.wrong(at+".jwks_file", Problem{Got: "is not set", Allowed: "path of a JSON Web Key Set", Fix: "name the file"})
		}
	}
}

// grantsOf are the grants that a response type goes with (OpenID Connect Registration 1.0 §2).
func grantsOf(responseType string) (grants []string) {
	words := strings.Fields(responseType)
	if slices.Contains(words, "code") {
		grants = append(grants, "authorization_code")
	}
	if slices.Contains(words, "token") || slices.Contains(words, "id_token") {
		grants = append(grants, "implicit")
	}
	return grants
}
