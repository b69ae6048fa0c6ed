package upstream

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

var (
	idPattern    = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)
	colorPattern = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)
	// targetPattern is what a claim may become.
	targetPattern = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[A-Za-z0-9_-]+)?$`)
)

// reserved are ids that are pages of ours beside those of sources.
var reserved = []string{"start", "callback", "link", "logout"}

// check judges a source that is filled in.
func (s *Source) check() []Problem {
	var problems []Problem
	wrong := func(field, got, allowed, fix string) {
		problems = append(problems, Problem{Field: field, Got: got, Allowed: allowed, Fix: fix})
	}
	if !idPattern.MatchString(s.ID) || slices.Contains(reserved, s.ID) {
		wrong("id", "got "+cut(s.ID), "1 to 32 small letters, digits and '-'", `write id = "github"; it is part of the callback address`)
	}
	if s.Protocol == LDAP {
		s.checkDirectory(wrong)
	} else if s.ClientID == "" {
		wrong("client_id", "is not set", "what the provider calls this server", "register an application at the provider"+s.registrationPage())
	}
	if s.Color != "" && !colorPattern.MatchString(s.Color) {
		wrong("color", "got "+cut(s.Color), "#rrggbb", `write color = "#24292f"`)
	}
	if s.allTenants() && s.EmailVerified != VerifiedNever {
		wrong("email_verified", "got "+s.EmailVerified+" while every directory may come, each of which writes what it likes", "never, or a single tenant", `write params = { tenant = "…" } with the id of your own directory`)
	}
	s.checkWords(wrong)
	if s.Protocol != LDAP {
		s.checkAuth(wrong)
		s.checkAddresses(wrong)
	}
	s.checkPaths(wrong)
	s.checkDomains(wrong)
	return problems
}

func (s *Source) registrationPage() string {
	if p, ok := FindPreset(s.Preset); ok && p.RegisterAt != "" {
		return ", at " + p.RegisterAt
	}
	return ""
}

// checkWords judges the fields that take one of a few words.
func (s *Source) checkWords(wrong func(field, got, allowed, fix string)) {
	for _, f := range []struct {
		field, value string
		allowed      []string
	}{
		{"protocol", s.Protocol, []string{OIDC, OAuth2, OAuth1, LDAP}},
		{"pkce", s.PKCE, []string{"S256", "none"}},
		{"response_mode", s.ResponseMode, []string{"", "query", "form_post"}},
		{"email_verified", s.EmailVerified, []string{VerifiedClaim, VerifiedAlways, VerifiedNever}},
		{"audience", s.Audience, []string{AudienceNone, AudienceTokenInfo, AudienceDebugToken, AudienceApplication, AudienceIntrospection, AudienceUserInfo}},
		{"on_new", s.OnNew, []string{"create", "invite", "deny"}},
	} {
		if !slices.Contains(f.allowed, f.value) {
			wrong(f.field, "got "+cut(f.value), "one of "+strings.Join(f.allowed, ", "), "write one of them, or leave it out")
		}
	}
}

// checkAuth judges how we show who we are.
func (s *Source) checkAuth(wrong func(field, got, allowed, fix string)) {
	if s.Protocol == OAuth1 {
		if s.ClientSecret == "" {
			wrong("client_secret", "is not set", "the consumer's secret", `write client_secret = { file = "/path/of/the/secret" }`)
		}
		return
	}
	switch s.ClientAuth {
	case "client_secret_basic", "client_secret_post":
		if s.ClientSecret == "" {
			wrong("client_secret", "is not set", "the secret that the provider has given", `write client_secret = { file = "/path/of/the/secret" }`)
		}
	case "signed_secret":
		if s.PrivateKey == "" || s.KeyID == "" {
			wrong("private_key", "is not set, or key_id is not", "the provider's key and its id", `write private_key = { file = "/path/of/AuthKey.p8" } and key_id`)
		} else if _, err := parsePrivateKey(s.PrivateKey); err != nil {
			wrong("private_key", "is no key of the curve P-256 in PEM", "the .p8 file as it was downloaded", "name the file")
		}
	case "none":
		if s.PKCE != "S256" {
			wrong("pkce", "is none for a client without a secret", "S256", `write pkce = "S256"`)
		}
	default:
		wrong("client_auth", "got "+cut(s.ClientAuth), "one of client_secret_basic, client_secret_post, signed_secret, none", "write one of them, or leave it out")
	}
}

// checkAddresses demands those that a protocol cannot do without, and that each can be asked.
func (s *Source) checkAddresses(wrong func(field, got, allowed, fix string)) {
	needed := map[string][]string{
		OIDC: {"issuer"}, OAuth2: {"authorization_endpoint", "token_endpoint", "userinfo_endpoint"},
		OAuth1: {"request_token_endpoint", "authorization_endpoint", "token_endpoint", "userinfo_endpoint"},
	}[s.Protocol]
	fields := s.addressFields()
	for _, field := range slices.Sorted(maps.Keys(fields)) {
		value := fields[field]
		switch {
		case value == "" && slices.Contains(needed, field):
			wrong(field, "is not set", "an address", "write "+field+` = "https://…"`)
		case value != "" && !strings.Contains(value, "{") && !isAddress(value):
			wrong(field, "got "+cut(value), "an https address", "write it as the provider's documentation has it")
		case field == "issuer" && strings.ContainsAny(value, "?#"):
			wrong(field, "got "+cut(value), "an https address without a query", "write it as the provider's metadata have it")
		}
	}
}

func (s *Source) addressFields() map[string]string {
	return map[string]string{
		"issuer": s.Issuer, "authorization_endpoint": s.AuthorizationEndpoint, "token_endpoint": s.TokenEndpoint, "userinfo_endpoint": s.UserInfoEndpoint,
		"jwks_uri": s.JWKSURI, "request_token_endpoint": s.RequestTokenEndpoint, "emails_endpoint": s.EmailsEndpoint, "audience_endpoint": s.AudienceEndpoint,
		"revocation_endpoint": s.RevocationEndpoint,
	}
}

// checkPaths judges the paths and what they become.
func (s *Source) checkPaths(wrong func(field, got, allowed, fix string)) {
	const form = "a path such as email, data.email or claims['custom:plan']"
	for field, path := range map[string]string{"subject_path": s.SubjectPath, "email_path": s.EmailPath, "verified_path": s.VerifiedPath} {
		if _, err := parsePath(path); path != "" && err != nil {
			wrong(field, "got "+cut(path), form, "write it as the provider's answer has it")
		}
	}
	if s.SubjectPath == "" {
		wrong("subject_path", "is not set", form, "name what never changes of a person there")
	}
	if s.Protocol == OIDC && s.SubjectPath != "sub" {
		wrong("subject_path", "got "+cut(s.SubjectPath), "sub, with OpenID Connect", "remove it")
	}
	for _, target := range slices.Sorted(maps.Keys(s.Claims)) {
		if _, err := parsePath(s.Claims[target]); err != nil || !targetPattern.MatchString(target) || slices.Contains(protected, target) {
			wrong("claims."+target, "got "+cut(s.Claims[target]), "a claim or attributes.NAME, and "+form, `write claims = { "attributes.plan" = "claims['custom:plan']" }`)
		}
	}
	for name := range s.AuthorizeParams {
		if slices.Contains(ownParams, name) {
			wrong("authorize_params."+name, "is set by this server itself", "other parameters", "remove it")
		}
	}
}

// protected are claims that no mapping may write.
var protected = []string{"sub", "iss", "aud", "exp", "email", "email_verified", "groups", "roles"}

// ownParams are what this server writes into a request.
var ownParams = []string{"client_id", "redirect_uri", "response_type", "response_mode", "state", "nonce", "scope", "code_challenge", "code_challenge_method", "request", "request_uri", "oauth_token"}

func (s *Source) checkDomains(wrong func(field, got, allowed, fix string)) {
	for _, domain := range s.EmailDomains {
		if name, ok := asciiDomain(domain); !ok || name != domain {
			wrong("email_domains", "got "+cut(domain), "names of domains in small letters, such as example.com", `write email_domains = ["example.com"]`)
		}
	}
	if len(s.EmailDomains) > 0 && s.EmailVerified == VerifiedNever {
		wrong("email_domains", "is set while email_verified is never", "a source whose addresses are verified", `write email_verified = "claim" or "always", if that is so, or remove it`)
	}
}
