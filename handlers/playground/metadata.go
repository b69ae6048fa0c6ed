package playground

import (
	"bytes"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
)

// clientMetadata is what the playground's client says of itself (RFC 7591 §2, OIDC Registration §2), in the order of the page.
type clientMetadata struct {
	Name             string          `json:"client_name"`
	Type             string          `json:"application_type"`
	Redirects        []string        `json:"redirect_uris"`
	Grants           []string        `json:"grant_types"`
	Responses        []string        `json:"response_types"`
	Method           string          `json:"token_endpoint_auth_method"`
	JWKS             json.RawMessage `json:"jwks"`
	RequestObjectAlg string          `json:"request_object_signing_alg,omitempty"`
	RequestURIs      []string        `json:"request_uris,omitempty"`
	PostLogout       []string        `json:"post_logout_redirect_uris,omitempty"`
	FrontURI         string          `json:"frontchannel_logout_uri,omitempty"`
	FrontSession     bool            `json:"frontchannel_logout_session_required,omitempty"`
	BackURI          string          `json:"backchannel_logout_uri,omitempty"`
	BackSession      bool            `json:"backchannel_logout_session_required,omitempty"`
}

// describe writes the document with which a run's client registers, for what the provider says that it can do.
func (p *Playground) describe(r *run) string {
	m := clientMetadata{
		Name: "Playground", Type: "web", Redirects: []string{p.redirectURI()}, Grants: []string{r.flow.grant}, Responses: []string{}, Method: methodKey,
		JWKS: r.client.key.public,
	}
	if p.onThisMachine() {
		m.Type = "native" // redirect URIs at loopback addresses are for those (OIDC Registration §2)
	}
	switch {
	case r.flow.browser():
		m.Responses, m.Grants = []string{r.flow.response}, grantsFor(r.flow)
		if r.meta.RequestParam {
			m.RequestObjectAlg = keyAlg
		}
		if r.meta.RequestURIParam {
			m.RequestURIs = []string{p.clientAddress(r, objectPath)}
		}
	case r.flow.person():
		m.Grants = []string{r.flow.grant, "refresh_token"}
	}
	if r.flow.person() {
		p.describeEnd(r, &m)
	}
	raw, err := json.Marshal(m)
	if err != nil {
		panic("playground: metadata: " + err.Error()) // it holds texts, and JSON of our own
	}
	return indented(string(raw))
}

// describeEnd says where the browser may go after a sign-out, and where the client wants to be told of one.
func (p *Playground) describeEnd(r *run, m *clientMetadata) {
	if r.meta.EndSession != "" {
		m.PostLogout = []string{p.signedOutURI()}
	}
	if r.meta.FrontLogout {
		m.FrontURI, m.FrontSession = p.clientAddress(r, frontPath), true
	}
	if r.meta.BackLogout {
		m.BackURI, m.BackSession = p.clientAddress(r, backPath), true
	}
}

// grantsFor are the grant types that a flow's response type needs (OIDC Registration §2).
func grantsFor(f flow) []string {
	var out []string
	words := strings.Fields(f.response)
	if slices.Contains(words, "code") {
		out = append(out, "authorization_code", "refresh_token")
	}
	if slices.Contains(words, "token") || slices.Contains(words, "id_token") {
		out = append(out, "implicit")
	}
	if len(out) == 0 {
		out = append(out, "authorization_code")
	}
	return out
}

// onThisMachine tells whether the issuer, and so the playground, is at a loopback address.
func (p *Playground) onThisMachine() bool {
	u, err := url.Parse(p.issuer)
	return err == nil && loopback(u.Hostname())
}

// withMethod puts a method of authentication into a document. What is no JSON object stays as it is.
func withMethod(document, method string) string {
	all := members([]byte(document))
	if all == nil || method == "" || named([]byte(document), "token_endpoint_auth_method") == method {
		return document
	}
	value, err := json.Marshal(method)
	if err != nil {
		return document
	}
	found := false
	for i := range all {
		if all[i].name == "token_endpoint_auth_method" {
			all[i].value, found = value, true
		}
	}
	if !found {
		all = append(all, member{"token_endpoint_auth_method", value})
	}
	return indented(object(all))
}

// object writes members as a JSON object, in their order.
func object(all []member) string {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range all {
		if i > 0 {
			b.WriteByte(',')
		}
		name, _ := json.Marshal(m.name) // a string always can be
		b.Write(name)
		b.WriteByte(':')
		b.Write(m.value)
	}
	b.WriteByte('}')
	return b.String()
}
