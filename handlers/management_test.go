package handlers_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"signet/handlers"
	"signet/handlers/api"
	"signet/provider"
	"signet/provider/account"
)

// office is a world that is administered over the network: people with each role, a console that they use, and machines.
type office struct {
	*world
	// tokens are access tokens by who they stand for.
	tokens map[string]string
}

const (
	management   = issuer + provider.PathAdministration
	consoleURI   = "https://console.example.test/callback"
	nobodysToken = "anonymous"
)

func administrationScopes() (names []string) {
	for _, row := range provider.AdministrationScopes() {
		names = append(names, row.Name)
	}
	return names
}

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{tokens: map[string]string{nobodysToken: ""}}
	about := api.Config{Log: slog.New(slog.DiscardHandler), Version: "test", Invites: true}
	o.world = newWorldAt(t, issuer, func(c *handlers.Config) {
		if about.Ring == nil {
			return
		}
		about.Provider, about.Accounts, about.Trail = c.Provider, c.Accounts, c.Trail
		c.Extra = append(c.Extra, handlers.Management(api.New(about)))
	})
	o.configure = func(c *provider.Config) {
		about.Ring = c.Ring
		c.Administration = provider.Administration{Owners: []string{"owners"}, Support: []string{"supporters"}, Auditors: []string{"auditors"}}
	}
	o.restart(cheapPasswords)
	o.staff()
	return o
}

// staff adds people and clients, and gets tokens for them.
func (o *office) staff() {
	o.t.Helper()
	ctx := o.t.Context()
	for _, group := range []string{"owners", "supporters", "auditors", "readers"} {
		_, err := o.accounts.AddGroup(ctx, account.Group{Name: group})
		o.check(err)
	}
	_, err := o.provider.AddClient(ctx, &provider.Client{ID: "console", Name: "The Console", AuthMethod: "none", FirstParty: true, RedirectURIs: []string{consoleURI},
		Scopes: append(administrationScopes(), "openid"), Audience: []string{management}})
	o.check(err)
	for role, groups := range map[string][]string{"owner": {"owners"}, "support": {"supporters"}, "auditor": {"auditors"}, "person": nil} {
		_, err := o.accounts.AddPerson(ctx, account.Person{Username: role, Groups: groups}, password)
		o.check(err)
		o.tokens[role] = o.tokenOf(role, management)
	}
	o.tokens["foreign"] = o.tokenOf("owner", "")
	o.tokens["machine"] = o.machine("machine", "users:read", "groups:read")
}

// tokenOf is an access token of a person through the console.
func (o *office) tokenOf(name, audience string) string {
	o.t.Helper()
	change := []string{"client_id", "console", "redirect_uri", consoleURI, "scope", "openid " + strings.Join(administrationScopes(), " ")}
	if audience != "" {
		change = append(change, "resource", audience)
	}
	code := o.code(o.signedIn(name), change...)
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {consoleURI}, "code_verifier": {verifier}, "client_id": {"console"}}
	return o.tokenIn(o.do(o.request(http.MethodPost, "/token", form.Encode())))
}

func (o *office) tokenIn(out *httptest.ResponseRecorder) string {
	o.t.Helper()
	token, _ := o.decode(out)["access_token"].(string)
	if token == "" {
		o.t.Fatalf("no token: %d %s", out.Code, out.Body)
	}
	return token
}

// machine is the token of a client that administers for itself.
func (o *office) machine(id string, scopes ...string) string {
	o.t.Helper()
	secret, err := o.provider.AddClient(o.t.Context(), &provider.Client{ID: id, GrantTypes: []string{"client_credentials"}, Scopes: scopes, Audience: []string{management}})
	o.check(err)
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {strings.Join(scopes, " ")}, "resource": {management}}
	r := o.request(http.MethodPost, "/token", form.Encode())
	r.SetBasicAuth(id, secret.Reveal())
	return o.tokenIn(o.do(r))
}

// ask sends an operation with somebody's token.
func (o *office) ask(who, method, path, body string) *httptest.ResponseRecorder {
	return o.do(o.operation(who, method, path, body))
}

func (o *office) operation(who, method, path, body string) *http.Request {
	r := o.request(method, provider.PathAdministration+path, body, "Content-Type", "application/json")
	if token := o.tokens[who]; token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return r
}

// matrixFile says of each operation what becomes of each kind of caller: 401, 403, or ok for being let through.
const matrixFile = "testdata/administration.csv"

var pathVariable = regexp.MustCompile(`\{\w+\}`)

// Who may call what is a file; an operation without a row there fails, and so does a row without an operation.
func TestAttack_AM01_WhoMayCallWhat(t *testing.T) {
	o := newOffice(t)
	text, err := os.ReadFile(matrixFile)
	o.check(err)
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	callers := strings.Split(lines[0], ",")[1:]
	rows := map[string][]string{}
	for _, line := range lines[1:] {
		cells := strings.Split(line, ",")
		rows[cells[0]] = cells[1:]
	}
	for _, op := range api.Operations() {
		row := rows[op]
		delete(rows, op)
		if len(row) != len(callers) {
			t.Errorf("%s has no row in %s with %d callers", op, matrixFile, len(callers))
			continue
		}
		method, path, _ := strings.Cut(op, " ")
		for i, who := range callers {
			out := o.ask(who, method, pathVariable.ReplaceAllString(path, "nobody"), "{}")
			got := "ok"
			if out.Code == http.StatusUnauthorized || out.Code == http.StatusForbidden {
				got = map[int]string{401: "401", 403: "403"}[out.Code]
			}
			if got != row[i] {
				t.Errorf("%s by %s: %s (%d %s), want %s", op, who, got, out.Code, out.Body, row[i])
			}
		}
	}
	for op := range rows {
		t.Errorf("%s has a row, and is no operation", op)
	}
}

// An operation that changes something is not to be had with what lets one only read.
func TestAttack_AM02_ReadersChangeNothing(t *testing.T) {
	o := newOffice(t)
	before := o.engine.writes.Load()
	for _, op := range api.Operations() {
		method, path, _ := strings.Cut(op, " ")
		if method == http.MethodGet || path == "/tokens/inspect" {
			continue
		}
		if out := o.ask("auditor", method, strings.ReplaceAll(pathVariable.ReplaceAllString(path, "grace"), "/groups/grace", "/groups/readers"), "{}"); out.Code != http.StatusForbidden {
			t.Errorf("%s: %d %s", op, out.Code, out.Body)
		}
	}
	if got := o.engine.writes.Load() - before; got != 0 {
		t.Errorf("%d writes", got)
	}
}

// Members that are the server's cannot be said, whoever says them.
func TestAttack_AM03_MassAssignment(t *testing.T) {
	o := newOffice(t)
	for path, members := range map[string][]string{
		"/users/grace": {"sub", "epoch", "created", "updated", "declared", "password_hash", "version", "verified"},
		"/clients/app": {"client_id", "secrets", "epoch", "declared", "registered", "registration_token", "created", "updated"},
	} {
		for _, name := range members {
			for _, value := range []string{`"x"`, `1`, `true`, `null`, `[]`} {
				if out := o.ask("owner", http.MethodPatch, path, `{"`+name+`": `+value+`}`); out.Code != http.StatusBadRequest {
					t.Errorf("%s: %s %s: %d %s", path, name, value, out.Code, out.Body)
				}
			}
		}
	}
}

// Who looks after people does not touch those who administer, does not become one of them, and makes nobody one.
func TestAttack_AM04_NobodyRises(t *testing.T) {
	o := newOffice(t)
	var ada, owner account.Person
	o.check(json.Unmarshal(o.ask("support", http.MethodGet, "/users/ada", "").Body.Bytes(), &ada))
	o.check(json.Unmarshal(o.ask("support", http.MethodGet, "/users/owner", "").Body.Bytes(), &owner))
	_, err := o.accounts.AddGroup(t.Context(), account.Group{Name: "interns", Parents: []string{"auditors"}})
	o.check(err)
	_, err = o.accounts.AddPerson(t.Context(), account.Person{Username: "trainee", Groups: []string{"interns"}}, password)
	o.check(err)
	for _, c := range []struct{ method, path, body string }{
		{"PATCH", "/users/owner", `{"email": "mine@example.test"}`},
		{"PATCH", "/users/" + owner.Subject, `{"disabled": true}`},
		{"PUT", "/users/owner/password", `{"password": "a new one that is long enough"}`},
		{"DELETE", "/users/owner", ""},
		{"DELETE", "/users/auditor/factors", ""},
		{"DELETE", "/users/owner/sessions", ""},
		{"DELETE", "/users/owner/consents/console", ""},
		{"PATCH", "/users/support", `{"groups": ["owners"]}`},
		{"PATCH", "/users/support", `{"groups": ["OWNERS"]}`},
		{"PATCH", "/users/ada", `{"groups": ["ｏｗｎｅｒｓ"]}`},
		{"POST", "/users", `{"username": "mallory", "groups": ["owners"], "password": "a new one that is long enough"}`},
		{"PUT", "/groups/owners/members/support", ""},
		{"PUT", "/groups/owners/members/" + ada.Subject, ""},
	} {
		if out := o.ask("support", c.method, c.path, c.body); out.Code != http.StatusForbidden {
			t.Errorf("%s %s %s: %d %s", c.method, c.path, c.body, out.Code, out.Body)
		}
	}
	o.tokens["grouper"] = o.machine("grouper", "groups:read", "groups:write", "users:read", "users:write")
	for _, c := range []struct{ method, path, body string }{
		{"POST", "/groups", `{"name": "helpers", "parents": ["Owners"]}`},
		{"PATCH", "/groups/readers", `{"parents": ["owners"]}`},
		{"PATCH", "/groups/owners", `{"description": "mine"}`},
		{"DELETE", "/groups/supporters", ""},
		{"PUT", "/groups/interns/members/ada", ""},
		{"PATCH", "/users/ada", `{"groups": ["Interns"]}`},
		{"PATCH", "/users/trainee", `{"name": "X"}`},
	} {
		if out := o.ask("grouper", c.method, c.path, c.body); out.Code != http.StatusForbidden {
			t.Errorf("%s %s %s: %d %s", c.method, c.path, c.body, out.Code, out.Body)
		}
	}
	out := o.ask("support", http.MethodPost, "/users/import", `{"users": [{"username": "eve", "groups": ["owners"]}]}`)
	if !strings.Contains(out.Body.String(), `"code":"forbidden"`) {
		t.Errorf("import: %d %s", out.Code, out.Body)
	}
	if out := o.ask("support", http.MethodPatch, "/users/ada", `{"name": "Ada"}`); out.Code != http.StatusOK {
		t.Errorf("what support is for: %d %s", out.Code, out.Body)
	}
}

// A client that manages clients gives no client, and no secret of a client, what it does not have itself.
func TestAttack_AM04_ClientsMakeNoStrongerClients(t *testing.T) {
	o := newOffice(t)
	o.machine("strong", "users:write", "administrators:write")
	o.tokens["manager"] = o.machine("manager", "clients:read", "clients:write")
	for _, c := range []struct{ method, path, body string }{
		{"POST", "/clients", `{"grant_types": ["client_credentials"], "scopes": ["users:write"]}`},
		{"PATCH", "/clients/app", `{"scopes": ["openid", "keys:write"]}`},
		{"POST", "/clients/strong/secret", `{}`},
		{"PATCH", "/clients/strong", `{"redirect_uris": ["https://evil.example/"]}`},
		{"DELETE", "/clients/strong", ""},
		{"POST", "/registration/tokens", `{"uses": 1, "life": 60, "scopes": ["users:read"]}`},
	} {
		if out := o.ask("manager", c.method, c.path, c.body); out.Code != http.StatusForbidden {
			t.Errorf("%s %s: %d %s", c.method, c.path, out.Code, out.Body)
		}
	}
	if out := o.ask("manager", http.MethodPatch, "/clients/app", `{"client_name": "Mine"}`); out.Code != http.StatusOK {
		t.Errorf("what it is for: %d %s", out.Code, out.Body)
	}
}

// A role that is taken away is gone with the next request, whatever the token says; so is everything of somebody who is disabled.
func TestAttack_AM07_TokensFollowTheRole(t *testing.T) {
	o := newOffice(t)
	if out := o.ask("owner", http.MethodGet, "/users", ""); out.Code != http.StatusOK {
		t.Fatalf("before: %d %s", out.Code, out.Body)
	}
	o.check(o.accounts.RemoveMember(t.Context(), "owners", "owner"))
	out := o.ask("owner", http.MethodGet, "/users", "")
	challenge := out.Header().Get("WWW-Authenticate")
	if out.Code != http.StatusForbidden || !strings.Contains(challenge, `error="insufficient_scope"`) || !strings.Contains(challenge, `resource_metadata="`+issuer+"/.well-known/oauth-protected-resource/api/v1") {
		t.Errorf("without the role: %d %q", out.Code, challenge)
	}
	_, err := o.accounts.EditPerson(t.Context(), "support", func(p *account.Person) error { p.Disabled = true; return nil })
	o.check(err)
	if out := o.ask("support", http.MethodGet, "/users", ""); out.Code != http.StatusUnauthorized {
		t.Errorf("disabled: %d", out.Code)
	}
	b := o.signedIn("auditor")
	r := o.request(http.MethodGet, provider.PathAdministration+"/users", "")
	for _, c := range b.Jar.Cookies(mustURL(issuer)) {
		r.AddCookie(c)
	}
	if out := o.do(r); out.Code != http.StatusUnauthorized {
		t.Errorf("with a cookie in place of a token: %d", out.Code)
	}
}

// Pages have a size that makes sense, and a cursor that was not ours is refused or finds nothing.
func TestAttack_AM08_Pages(t *testing.T) {
	o := newOffice(t)
	for _, list := range []string{"/users", "/clients", "/groups", "/registration/tokens", "/groups/owners/members", "/users/ada/consents"} {
		for _, limit := range []string{"0", "-1", "201", "99999999999999999999", "x", "1e3", "0x10", "1;drop"} {
			if out := o.ask("owner", http.MethodGet, list+"?limit="+limit, ""); out.Code != http.StatusBadRequest {
				t.Errorf("%s limit %s: %d %s", list, limit, out.Code, out.Body)
			}
		}
		for _, after := range []string{"' OR 1=1 --", "../../x", "\x00", strings.Repeat("a", 4000), "AAAA", "null", "%"} {
			out := o.ask("owner", http.MethodGet, list+"?after="+url.QueryEscape(after), "")
			if out.Code != http.StatusBadRequest && (out.Code != http.StatusOK || strings.Contains(out.Body.String(), "signet:")) {
				t.Errorf("%s after %q: %d %s", list, after, out.Code, out.Body)
			}
		}
	}
}

// Every change by an administrator has one record in the trail, with who did it.
func TestAttack_AM12_ChangesHaveTheirRecord(t *testing.T) {
	o := newOffice(t)
	owner, err := o.accounts.FindPerson(t.Context(), "owner")
	o.check(err)
	for _, c := range []struct{ who, method, path, body, kind string }{
		{"owner", "PATCH", "/users/ada", `{"name": "Countess"}`, "person.changed"},
		{"owner", "POST", "/groups", `{"name": "new"}`, "group.added"},
		{"owner", "PATCH", "/clients/app", `{"client_name": "Another"}`, "client.changed"},
	} {
		before := o.recorded(c.kind)
		if out := o.ask(c.who, c.method, c.path, c.body); out.Code != http.StatusOK {
			t.Fatalf("%s %s: %d %s", c.method, c.path, out.Code, out.Body)
		}
		after := o.recorded(c.kind)
		if len(after) != len(before)+1 || after[len(after)-1] != owner.Subject {
			t.Errorf("%s: actors before %q, after %q", c.kind, before, after)
		}
	}
}

// recorded are the actors of the records of a kind.
func (o *office) recorded(kind string) (actors []string) {
	o.t.Helper()
	out := o.ask("owner", http.MethodGet, "/audit?kind="+kind, "")
	for line := range strings.SplitSeq(strings.TrimSpace(out.Body.String()), "\n") {
		var r api.AuditRecord
		if json.Unmarshal([]byte(line), &r) == nil && r.Kind == kind {
			actors = append(actors, r.Actor)
		}
	}
	return actors
}

// The metadata of the resource says where tokens come from (RFC 9728 §3.3), and the description of the operations is a document
// of its own.
func TestManagement_IsDescribed(t *testing.T) {
	o := newOffice(t)
	metadata := o.decode(o.do(o.request(http.MethodGet, "/.well-known/oauth-protected-resource/api/v1", "")))
	if metadata["resource"] != management || !slices.Equal(texts(metadata["authorization_servers"]), []string{issuer}) ||
		!slices.Equal(texts(metadata["scopes_supported"]), administrationScopes()) {
		t.Errorf("%v", metadata)
	}
	out := o.do(o.request(http.MethodGet, "/api/v1/openapi.json", ""))
	if out.Code != http.StatusOK || o.decode(out)["openapi"] != "3.0.3" {
		t.Errorf("%d %s", out.Code, out.Body)
	}
}

func texts(v any) (out []string) {
	list, _ := v.([]any)
	for _, one := range list {
		s, _ := one.(string)
		out = append(out, s)
	}
	return out
}
