package playground

import (
	"cmp"
	"context"
	"encoding/json"
	"net"
	"net/url"
	"slices"
	"strings"

	"signet/templates"
)

// metadata is what the playground needs of discovery (OIDC Discovery §3).
type metadata struct {
	Issuer        string   `json:"issuer"`
	Authorization string   `json:"authorization_endpoint"`
	Token         string   `json:"token_endpoint"`
	Device        string   `json:"device_authorization_endpoint"`
	UserInfo      string   `json:"userinfo_endpoint"`
	Introspection string   `json:"introspection_endpoint"`
	Revocation    string   `json:"revocation_endpoint"`
	EndSession    string   `json:"end_session_endpoint"`
	Registration  string   `json:"registration_endpoint"`
	Push          string   `json:"pushed_authorization_request_endpoint"`
	JWKS          string   `json:"jwks_uri"`
	Algorithms    []string `json:"id_token_signing_alg_values_supported"`
	Challenges    []string `json:"code_challenge_methods_supported"`
	ResponseTypes []string `json:"response_types_supported"`
	ResponseModes []string `json:"response_modes_supported"`
	Prompts       []string `json:"prompt_values_supported"`
	NamesIssuer   bool     `json:"authorization_response_iss_parameter_supported"`
	FrontLogout   bool     `json:"frontchannel_logout_supported"`
	BackLogout    bool     `json:"backchannel_logout_supported"`
	RequestParam  bool     `json:"request_parameter_supported"`
	// RequestURIParam defaults to true (OIDC Discovery §3), but nobody can count on it.
	RequestURIParam bool `json:"request_uri_parameter_supported"`
}

// complete tells whether a flow can be walked with it.
func (m metadata) complete(f flow) bool {
	return m.Token != "" && (!f.browser() || m.Authorization != "") && (!f.person() || m.JWKS != "") && (f.grant != grantDevice || m.Device != "")
}

// discover reads discovery (OIDC Discovery §4).
func (p *Playground) discover(ctx context.Context, r *run) {
	r.discovery = p.get(ctx, p.issuer+"/.well-known/openid-configuration")
	r.meta = metadata{}
	if r.discovery.ok() && json.Unmarshal(r.discovery.body, &r.meta) != nil {
		r.meta = metadata{}
	}
	if g := r.registration; g != nil && g.document == "" && discovered(r) {
		g.document = p.describe(r)
	}
}

// actDiscovery reads discovery again.
func actDiscovery(p *Playground, ctx context.Context, r *run, _ url.Values) (string, error) {
	p.discover(ctx, r)
	return r.path(stepDiscovery), nil
}

func showDiscovery(p *Playground, r *run) view {
	v := view{intro: templates.Msg("playground.discovery.intro")}
	rows := p.discoveryRows(members(r.discovery.body))
	verdict := p.discoveryVerdict(r, rows)
	if discovered(r) {
		verdict.Link = r.next(stepDiscovery)
	}
	v.add(verdict)
	if len(rows) > 0 {
		v.add(templates.Fields{ID: "metadata", Title: templates.Msg("playground.discovery.fields"), Rows: rows})
	}
	v.add(messages("discovery", r.discovery)...)
	v.add(templates.Form{
		ID: "again", Action: r.path(stepDiscovery), Buttons: []templates.Button{{Text: templates.Msg("playground.discovery.again"), Quiet: true}},
	})
	if discovered(r) {
		v.next = r.next(stepDiscovery)
	}
	return v
}

// discoveryVerdict sums up.
func (p *Playground) discoveryVerdict(r *run, rows []templates.Row) templates.Notice {
	count := func(s templates.State) (n int) {
		for _, row := range rows {
			if row.State == s {
				n++
			}
		}
		return n
	}
	switch bad, odd := count(templates.Bad), count(templates.Warn); {
	case r.discovery.problem != "":
		return templates.Notice{State: templates.Bad, Text: templates.Literal(r.discovery.problem)}
	case !r.discovery.ok() || len(rows) == 0:
		return templates.Notice{State: templates.Bad, Text: templates.Msg("playground.discovery.none", "status", r.discovery.status)}
	case bad > 0:
		return templates.Notice{State: templates.Bad, Text: templates.Msg("playground.discovery.bad", "n", bad)}
	case odd > 0:
		return templates.Notice{State: templates.Warn, Text: templates.Msg("playground.discovery.odd", "n", odd)}
	}
	return templates.Notice{State: templates.OK, Text: templates.Msg("playground.discovery.good")}
}

// discoveryRows explains each member, known ones first, and names those that are missed.
func (p *Playground) discoveryRows(all []member) []templates.Row {
	if len(all) == 0 {
		return nil
	}
	var rows []templates.Row
	for _, m := range all {
		row := templates.Row{Name: m.name, Value: m.text(), Meaning: meaning("meta", m.name)}
		row.State, row.Meaning = p.judgeMember(m, row.Meaning)
		rows = append(rows, row)
	}
	for _, name := range wantedMembers {
		if find(all, name.member) == nil {
			rows = append(rows, templates.Row{Name: name.member, State: name.without, Meaning: templates.Msg("playground.discovery.missing")})
		}
	}
	slices.SortStableFunc(rows, func(a, b templates.Row) int { return cmp.Compare(rank("meta", a.Name), rank("meta", b.Name)) })
	return rows
}

// wantedMembers are what libraries need (Bad without) and what this walk would like to have (Warn without).
var wantedMembers = []struct {
	member  string
	without templates.State
}{
	{"issuer", templates.Bad}, {"authorization_endpoint", templates.Bad}, {"token_endpoint", templates.Bad}, {"jwks_uri", templates.Bad},
	{"response_types_supported", templates.Bad}, {"subject_types_supported", templates.Bad}, {"id_token_signing_alg_values_supported", templates.Bad},
	{"code_challenge_methods_supported", templates.Bad}, {"userinfo_endpoint", templates.Warn}, {"introspection_endpoint", templates.Warn},
	{"revocation_endpoint", templates.Warn}, {"authorization_response_iss_parameter_supported", templates.Warn},
}

// judgeMember says whether a library would stumble over a member.
func (p *Playground) judgeMember(m member, usual templates.Text) (templates.State, templates.Text) {
	fault := func(key string) (templates.State, templates.Text) {
		return templates.Bad, templates.Msg("playground.discovery." + key)
	}
	var list []string
	_ = json.Unmarshal(m.value, &list) // what is no list has nothing in it
	switch m.name {
	case "issuer":
		if m.text() != p.issuer {
			return fault("wrong-issuer")
		}
	case "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "introspection_endpoint", "revocation_endpoint", "jwks_uri", "end_session_endpoint",
		"device_authorization_endpoint":
		if !secure(m.text()) {
			return fault("insecure")
		}
	case "response_types_supported":
		if !slices.Contains(list, "code") {
			return fault("no-code")
		}
	case "code_challenge_methods_supported":
		if !slices.Contains(list, "S256") {
			return fault("no-s256")
		}
	case "id_token_signing_alg_values_supported":
		if !slices.Contains(list, "RS256") {
			return fault("no-rs256")
		}
	default:
		return "", usual
	}
	return templates.OK, usual
}

// secure tells https, and plain http that stays on this machine.
func secure(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return false
	}
	return u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname())
}

// loopback tells whether a host is this machine for certain.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || ip != nil && ip.IsLoopback()
}
