package conformance

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

// metadata is what discovery says.
type metadata map[string]any

func (d metadata) text(name string) string {
	s, _ := d[name].(string)
	return s
}

// list is an array of texts, nil where the member is none.
func (d metadata) list(name string) []string {
	items, ok := d[name].([]any)
	if !ok {
		return nil
	}
	texts := make([]string, 0, len(items))
	for _, item := range items {
		s, _ := item.(string)
		texts = append(texts, s)
	}
	return texts
}

func (d metadata) has(name, value string) bool { return slices.Contains(d.list(name), value) }

func (d metadata) isTrue(name string) bool { return d[name] == true }

// reply is an answer that was read.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// kind is the media type without its parameters.
func (r *reply) kind() string {
	kind, _, _ := mime.ParseMediaType(r.header.Get("Content-Type"))
	return kind
}

// object decodes the body, whose numbers stay as they were written.
func (r *reply) object() (map[string]any, error) { return object(r.body) }

func object(text []byte) (map[string]any, error) {
	var v map[string]any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	err := d.Decode(&v)
	return v, err
}

// call sends a request of the relying party's.
func (m *run) call(r *http.Request) *reply {
	answer, err := m.provider.server.Do(r)
	m.ran(err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	m.ran(err)
	return &reply{answer.StatusCode, answer.Header, body}
}

// send is a call with a body of some kind, or without.
func (m *run) send(method, address, kind string, body []byte, change ...func(*http.Request)) *reply {
	r, err := http.NewRequest(method, address, bytes.NewReader(body))
	m.ran(err)
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	for _, f := range change {
		f(r)
	}
	return m.call(r)
}

// bearer is for send.
func bearer(token string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) }
}

// document gets a public JSON document.
func (m *run) document(address string) map[string]any {
	answer := m.send(http.MethodGet, address, "", nil)
	m.need(answer.status == http.StatusOK && answer.kind() == "application/json", "%s: status %d, %s", address, answer.status, answer.kind())
	v, err := answer.object()
	m.ran(err)
	return v
}

// discover reads what every module needs to know: metadata and keys.
func (m *run) discover() {
	m.metadata = m.document(m.provider.issuer + "/.well-known/openid-configuration")
	for _, name := range []string{"issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"} {
		m.need(m.metadata.text(name) != "", "discovery has no %s", name)
	}
	methods := m.metadata.list("token_endpoint_auth_methods_supported")
	if methods == nil {
		methods = []string{"client_secret_basic"}
	}
	m.want(slices.Contains(methods, m.auth), "token_endpoint_auth_methods_supported %v lacks %s", methods, m.auth)
	m.keys = m.fetchKeys()
}

// keySet are the provider's public keys by their kid.
type keySet map[string]jose.JSONWebKey

// privateMembers are those of private and symmetric keys (RFC 7518 §6.2.2, §6.3.2, §6.4.1).
var privateMembers = []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"}

// fetchKeys reads the key set: public keys only, each with a kid of its own, each one that this relying party understands.
func (m *run) fetchKeys() keySet {
	set := m.document(m.metadata.text("jwks_uri"))
	list, ok := set["keys"].([]any)
	m.need(ok && len(list) > 0, "jwks_uri has no keys")
	found := keySet{}
	for _, item := range list {
		raw, ok := item.(map[string]any)
		m.need(ok, "a key is no object")
		kid, _ := raw["kid"].(string)
		m.want(kid != "", "a key has no kid")
		for _, name := range privateMembers {
			m.want(raw[name] == nil, "key %s has the private member %s", kid, name)
		}
		_, twice := found[kid]
		m.want(!twice, "two keys with kid %s", kid)
		var key jose.JSONWebKey
		err := key.UnmarshalJSON(must(json.Marshal(raw)))
		m.want(err == nil && key.Valid() && key.IsPublic(), "key %s: %v", kid, err)
		found[kid] = key
	}
	return found
}

// client is a client of the module's.
type client struct {
	id, secret  string
	auth        string
	redirectURI string
	signer      *signer // its private key
	// metadata is what the provider answered to the registration; uri and token manage it (RFC 7592).
	metadata   map[string]any
	uri, token string
}

// register makes the module's client: one of the operator's or one that registers itself, with these changes to what it
// says of itself.
func (m *run) register(change ...map[string]any) {
	m.client = m.newClient("", change...)
}

// registerSecond makes another.
func (m *run) registerSecond(change ...map[string]any) {
	m.second = m.newClient("2", change...)
}

func (m *run) newClient(suffix string, change ...map[string]any) *client {
	if m.static {
		return m.staticClient(suffix)
	}
	said := m.clientMetadata(change...)
	answer := m.postRegistration(said)
	m.need(answer.status == http.StatusCreated, "registration: status %d: %s", answer.status, answer.body)
	c := m.registered(answer)
	c.redirectURI = said["redirect_uris"].([]string)[0]
	m.clients = append(m.clients, c)
	return c
}

// clientMetadata is what a client says of itself.
func (m *run) clientMetadata(change ...map[string]any) map[string]any {
	said := map[string]any{
		"client_name":                m.module + " " + m.plan.short,
		"grant_types":                m.grantTypes(),
		"response_types":             []string{m.responseType},
		"redirect_uris":              []string{m.place.base + "/callback"},
		"token_endpoint_auth_method": m.auth,
		"contacts":                   []string{"conformance@example.test"},
		"jwks":                       firstKey().public(),
	}
	for _, c := range change {
		for name, value := range c {
			if said[name] = value; value == nil {
				delete(said, name)
			}
		}
	}
	return said
}

// grantTypes are those of a response type (OIDC Registration §2).
func (m *run) grantTypes() []string {
	var grants []string
	if m.codeType() {
		grants = append(grants, "authorization_code")
	}
	if m.responseType != "code" {
		grants = append(grants, "implicit")
	}
	return grants
}

func (m *run) postRegistration(said map[string]any) *reply {
	endpoint := m.metadata.text("registration_endpoint")
	m.need(strings.HasPrefix(endpoint, "https://"), "discovery has no registration_endpoint")
	return m.send(http.MethodPost, endpoint, "application/json", must(json.Marshal(said)))
}

// registered reads the answer to a registration.
func (m *run) registered(answer *reply) *client {
	m.want(answer.kind() == "application/json", "registration: Content-Type %s", answer.kind())
	said, err := answer.object()
	m.ran(err)
	m.need(said["error"] == nil, "registration: an error in a good answer: %v", said["error"])
	c := &client{metadata: said, signer: firstKey(), auth: m.auth}
	c.id, _ = said["client_id"].(string)
	c.secret, _ = said["client_secret"].(string)
	c.uri, _ = said["registration_client_uri"].(string)
	c.token, _ = said["registration_access_token"].(string)
	m.need(c.id != "", "registration: no client_id")
	m.want((c.uri == "") == (c.token == ""), "registration_client_uri %q without registration_access_token, or the other way round", c.uri)
	m.want(c.uri == "" || strings.HasPrefix(c.uri, "https://"), "registration_client_uri %s is not https", c.uri)
	_, ends := said["client_secret_expires_at"]
	m.want(c.secret == "" || ends, "client_secret without client_secret_expires_at")
	m.want(c.secret != "" || !strings.HasPrefix(m.auth, "client_secret"), "no client_secret for %s", m.auth)
	return c
}

// refused demands that a registration is refused with one of these errors.
func (m *run) refused(said map[string]any, codes ...string) {
	answer := m.postRegistration(said)
	if answer.status == http.StatusCreated {
		m.clients = append(m.clients, m.registered(answer))
	}
	m.need(answer.status == http.StatusBadRequest, "registration: status %d, want 400: %s", answer.status, answer.body)
	m.want(answer.kind() == "application/json", "registration: Content-Type %s", answer.kind())
	v, err := answer.object()
	m.ran(err)
	code, _ := v["error"].(string)
	m.need(code != "", "registration: no error in %s", answer.body)
	m.warn(slices.Contains(codes, code), "registration: error %s, want one of %v", code, codes)
}

// tearDown removes the clients that registered themselves (RFC 7592 §2.3).
func (m *run) tearDown() {
	for _, c := range m.clients {
		if c.uri == "" {
			continue
		}
		answer := m.send(http.MethodDelete, c.uri, "", nil, bearer(c.token))
		m.warn(answer.status == http.StatusNoContent, "DELETE of the registration: status %d, want 204: %s", answer.status, answer.body)
	}
}

// staticClient is one that the operator has made.
func (m *run) staticClient(suffix string) *client {
	known := m.provider.automation.Client
	switch {
	case m.auth == "client_secret_post":
		known = m.provider.automation.ClientPost
	case suffix != "":
		known = m.provider.automation.Client2
	}
	return &client{id: known.ID, secret: known.Secret, auth: m.auth, redirectURI: m.place.base + "/callback"}
}

// origin is scheme and host of an address.
func origin(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}
