package upstream

import (
	"cmp"
	"maps"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Problem is what is wrong with a field of a source, for the operator. No part of it holds a secret.
type Problem struct {
	// Field is the name in the configuration: "client_id", "params.region".
	Field, Got, Allowed, Fix string
}

// Complete fills in what a source leaves to its preset, puts its Params into the addresses, and checks the whole. The source itself is
// not changed.
func Complete(from Source) (*Source, []Problem) {
	s := from.Clone()
	preset := Preset{}
	if s.Preset != "" {
		row, ok := FindPreset(s.Preset)
		if !ok {
			return s, []Problem{{Field: "preset", Got: "got " + cut(s.Preset), Allowed: "one of " + strings.Join(presetNames(), ", "), Fix: "name a preset, or leave it out and write protocol"}}
		}
		preset = row
	}
	s.fill(&preset)
	problems := s.place(&preset)
	return s, append(problems, s.check()...)
}

func presetNames() []string {
	var names []string
	for _, p := range Presets() {
		names = append(names, p.Preset)
	}
	return names
}

// fill takes from the preset what the source leaves out. Without one, the generic row of the protocol does.
func (s *Source) fill(preset *Preset) {
	if preset.Preset == "" {
		if row, ok := FindPreset(cmp.Or(s.Protocol, OIDC)); ok && row.Preset == row.Protocol {
			*preset = row
		}
	}
	p := &preset.Source
	for _, field := range []struct {
		at   *string
		from string
	}{
		{&s.Protocol, p.Protocol}, {&s.Name, p.Name}, {&s.Color, p.Color}, {&s.Issuer, p.Issuer},
		{&s.AuthorizationEndpoint, p.AuthorizationEndpoint}, {&s.TokenEndpoint, p.TokenEndpoint}, {&s.UserInfoEndpoint, p.UserInfoEndpoint},
		{&s.JWKSURI, p.JWKSURI}, {&s.RequestTokenEndpoint, p.RequestTokenEndpoint}, {&s.EmailsEndpoint, p.EmailsEndpoint},
		{&s.AudienceEndpoint, p.AudienceEndpoint}, {&s.RevocationEndpoint, p.RevocationEndpoint},
		{&s.ClientAuth, p.ClientAuth}, {&s.PKCE, p.PKCE}, {&s.ResponseMode, p.ResponseMode},
		{&s.SubjectPath, p.SubjectPath}, {&s.EmailPath, p.EmailPath}, {&s.VerifiedPath, p.VerifiedPath}, {&s.EmailVerified, p.EmailVerified},
		{&s.Audience, p.Audience}, {&s.Directory.Filter, p.Directory.Filter}, {&s.OnNew, cmp.Or(p.OnNew, "create")},
	} {
		*field.at = cmp.Or(*field.at, field.from)
	}
	if s.Scopes == nil {
		s.Scopes = p.Scopes
	}
	s.Params = over(preset.Optional, s.Params)
	s.AuthorizeParams = over(p.AuthorizeParams, s.AuthorizeParams)
	s.Claims = over(p.Claims, s.Claims)
}

// over returns the members of both maps, those of the second where both have one. An empty value takes a member away.
func over(below, above map[string]string) map[string]string {
	all := maps.Clone(below)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, above)
	maps.DeleteFunc(all, func(_, v string) bool { return v == "" })
	return all
}

var (
	placePattern = regexp.MustCompile(`\{[a-z_]+\}`)
	// paramPattern is a host, a host with a path, or a word: no value of a place may add a query or leave the host.
	paramPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:/-]*$`)
	guidPattern  = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
)

// place puts the Params into the addresses.
func (s *Source) place(preset *Preset) []Problem {
	var problems []Problem
	for _, name := range preset.Required {
		if s.Params[name] == "" {
			problems = append(problems, Problem{Field: "params." + name, Got: "is not set", Allowed: "the preset " + preset.Preset + " needs it", Fix: "write params = { " + name + ` = "…" }`})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Params)) {
		if !paramPattern.MatchString(s.Params[name]) || strings.Contains(s.Params[name], "..") || strings.Contains(s.Params[name], "//") {
			problems = append(problems, Problem{Field: "params." + name, Got: "got " + cut(s.Params[name]), Allowed: "letters, digits and . _ : / -", Fix: "write the bare value, without https://"})
		}
	}
	if s.Preset == "microsoft" {
		problems = append(problems, s.placeTenant()...)
	}
	for _, at := range s.addresses() {
		*at = placePattern.ReplaceAllStringFunc(*at, func(place string) string {
			if name := strings.Trim(place, "{}"); s.Params[name] != "" {
				return s.Params[name]
			}
			return place
		})
		*at = strings.ReplaceAll(*at, "{client_id}", url.PathEscape(s.ClientID))
	}
	return problems
}

// consumers is the directory of Microsoft's private accounts.
const consumers = "9188040d-6c67-4c5b-b112-36a304b66dad"

// placeTenant writes the issuer as the directory's metadata has it: one for all where everybody's directory may come.
func (s *Source) placeTenant() []Problem {
	switch tenant := s.Params["tenant"]; {
	case tenant == "consumers":
		s.Params["tenant"] = consumers
	case tenant != "common" && tenant != "organizations" && !guidPattern.MatchString(tenant):
		return []Problem{{Field: "params.tenant", Got: "got " + cut(tenant), Allowed: "the GUID of a directory, common, organizations or consumers", Fix: "look the Directory (tenant) ID up in the application's overview"}}
	}
	return nil
}

// addresses are the fields in which places may stand.
func (s *Source) addresses() []*string {
	return []*string{&s.Issuer, &s.AuthorizationEndpoint, &s.TokenEndpoint, &s.UserInfoEndpoint, &s.JWKSURI, &s.RequestTokenEndpoint, &s.EmailsEndpoint, &s.AudienceEndpoint, &s.RevocationEndpoint}
}

// discoveryAt is where the metadata of OIDC are, below the issuer or, with one for each tenant, below where all of them are.
func (s *Source) discoveryAt() string {
	return strings.TrimSuffix(s.Issuer, "/") + "/.well-known/openid-configuration"
}

// allTenants tells whether each directory has an issuer of its own and everybody's may come.
func (s *Source) allTenants() bool {
	return s.Preset == "microsoft" && !guidPattern.MatchString(s.Params["tenant"])
}

// issuerOf is what the metadata must name as issuer: that of the configuration, with Microsoft's way of writing all of them.
func (s *Source) issuerOf() string {
	if s.allTenants() {
		return strings.Replace(s.Issuer, "/"+s.Params["tenant"]+"/", "/"+tenantPlace+"/", 1)
	}
	return s.Issuer
}

// isAddress tells an absolute URL of https, or of http at a loopback address, without fragment and user.
func isAddress(text string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" || strings.ContainsAny(text, "{}") {
		return false
	}
	host, _ := netip.ParseAddr(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && (host.IsLoopback() || u.Hostname() == "localhost")
}

// cut shortens what a person wrote.
func cut(s string) string {
	if s == "" {
		return "nothing"
	}
	if r := []rune(s); len(r) > 60 {
		s = string(r[:60]) + "…"
	}
	return s
}
