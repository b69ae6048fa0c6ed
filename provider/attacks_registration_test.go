package provider_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"signet/keys"
	"signet/provider"
	"signet/storage"
)

// Off unless the operator says otherwise; bounded; what nobody uses goes after a day, what somebody uses stays.
func TestAttack_AE09_OpenRegistrationIsBounded(t *testing.T) {
	w := newStillWorld(t, func(c *provider.Config) {
		c.Registration = provider.Registration{Policy: provider.RegistrationOpen, MaxClients: 5}
	})
	w.client(provider.Client{ID: "ordinary"})
	answers := make([]map[string]any, 5)
	for i := range answers {
		answers[i] = w.register(registration())
	}
	_, err := w.tryRegister("", registration())
	wantOAuth(t, err, 503, "temporarily_unavailable")
	id := func(i int) string { return str(answers[i], "client_id") }
	w.redeem(id(0)+":"+str(answers[0], "client_secret"), params(id(0)))
	if err := w.EditClient(t.Context(), id(1), func(c *provider.Client) error { c.Verified = true; return nil }); err != nil {
		t.Fatal(err)
	}
	w.pass(24*time.Hour - time.Second)
	if n, err := w.RemoveUnused(t.Context()); err != nil || n != 0 {
		t.Fatal(n, err)
	}
	w.pass(2 * time.Second)
	if n, err := w.RemoveUnused(t.Context()); err != nil || n != 3 {
		t.Fatal(n, err)
	}
	for i, want := range []bool{true, true, false, false, false} {
		if _, err := w.ClientRecord(t.Context(), id(i)); (err == nil) != want {
			t.Errorf("client %d: %v", i, err)
		}
	}
	if _, err := w.ClientRecord(t.Context(), "ordinary"); err != nil {
		t.Error(err)
	}
	w.register(registration()) // there is room again
	// Another node has not seen the use, but reads of it.
	w.pass(25 * time.Hour)
	if n, err := w.RemoveUnused(t.Context()); err != nil || n != 1 {
		t.Fatal(n, err)
	}
}

// Clients that came with the operator's token are the operator's to remove.
func TestUnusedClientsWithTokenStay(t *testing.T) {
	w := newStillWorld(t, openly)
	text, _, err := w.CreateInitialToken(t.Context(), provider.InitialToken{Uses: 1, Expires: w.now().Unix() + 60})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.tryRegister(text.Reveal(), registration()); err != nil {
		t.Fatal(err)
	}
	w.pass(48 * time.Hour)
	if n, err := w.RemoveUnused(t.Context()); err != nil || n != 0 {
		t.Fatal(n, err)
	}
}

// An initial access token is good for so many clients, however many ask at once and on however many nodes.
func TestAttack_AE09_InitialTokenRace(t *testing.T) {
	byToken := func(c *provider.Config) { c.Registration.Policy = provider.RegistrationByToken }
	onEngines(t, byToken, func(t *testing.T, c cluster) {
		for range 5 {
			text, _, err := c[0].CreateInitialToken(t.Context(), provider.InitialToken{Uses: 3, Expires: c[0].now().Unix() + 60})
			if err != nil {
				t.Fatal(err)
			}
			var won, busy atomic.Int64
			var all sync.WaitGroup
			for i := range 8 {
				all.Go(func() {
					_, err := c[i%len(c)].tryRegister(text.Reveal(), registration())
					switch {
					case err == nil:
						won.Add(1)
					case err.Status == 503: // it gave way too often
						busy.Add(1)
					case err.Status != 401:
						t.Error(err)
					}
				})
			}
			all.Wait()
			if n := won.Load(); n > 3 || n+busy.Load() < 3 {
				t.Fatalf("%d registered with a token for 3", n)
			}
		}
	})
}

// everything is a document with every member of the record, and some that there are not.
func everything(t *testing.T) map[string]any {
	t.Helper()
	m := map[string]any{"roles": []string{"admin"}, "trusted": true, "skip_consent": true, "protocol_mappers": []any{}, "client_secret": strings.Repeat("s", 43),
		"client_secret_expires_at": 0, "registration_access_token": "x", "registration_client_uri": "https://evil.test/", "scope": "openid admin signet:admin",
		"FIRST_PARTY": true, "First_party": true, "client_id_issued_at": 1}
	typ := reflect.TypeFor[provider.Client]()
	for i := range typ.NumField() {
		field := typ.Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch field.Type.Kind() {
		case reflect.Bool:
			m[name] = true
		case reflect.String:
			m[name] = "evil"
		case reflect.Int64, reflect.Uint32:
			m[name] = 9
		case reflect.Slice:
			m[name] = []string{"evil"}
		default:
			m[name] = map[string]any{}
		}
	}
	for _, row := range provider.ClientMembers(provider.SetByRegistrant) {
		delete(m, row.Name) // these are judged one by one elsewhere
	}
	for name, v := range registration() {
		m[name] = v
	}
	return m
}

func TestAttack_AE10_NobodySetsWhatIsNotTheirs(t *testing.T) {
	w := newStillWorld(t, openly)
	plain, err := w.ClientRecord(t.Context(), str(w.register(registration("scope", "openid")), "client_id"))
	if err != nil {
		t.Fatal(err)
	}
	judge := func(what string, c provider.Client) {
		t.Helper()
		// What differs from one client to the next in any case.
		c.ID, c.Secrets, c.Epoch, c.RegistrationToken, c.Created, c.Updated = plain.ID, plain.Secrets, plain.Epoch, plain.RegistrationToken, plain.Created, plain.Updated
		if got, want := asJSON(c), asJSON(plain); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", what, got, want)
		}
	}
	sent := everything(t)
	answer := w.register(sent)
	id := str(answer, "client_id")
	if id == "evil" || str(answer, "client_secret") == sent["client_secret"] || str(answer, "registration_access_token") == "x" {
		t.Errorf("%v", answer)
	}
	record, err := w.ClientRecord(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	judge("registered", record)
	sent["client_id"] = id
	delete(sent, "client_secret")
	changed, refused := w.tryUpdate(id, str(answer, "registration_access_token"), sent)
	if refused != nil {
		t.Fatal(refused)
	}
	if record, err = w.ClientRecord(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	judge("changed", record)
	for _, a := range []map[string]any{answer, changed} {
		for _, name := range []string{"first_party", "epoch", "secrets", "registration_token", "scopes", "pkce_optional", "groups", "trusted", "roles"} {
			if _, ok := a[name]; ok {
				t.Errorf("%s is told to the client", name)
			}
		}
	}
	// The secret of its choice does not work.
	_, e := w.token(id+":"+strings.Repeat("s", 43), codeForm("x"))
	wantOAuth(t, e, 401, "invalid_client")
}

// What cannot be registered cannot be reached by changing what was registered, by saying it, by leaving something out, or by
// another type.
func TestAttack_AE11_ChangesAreJudgedLikeRegistrations(t *testing.T) {
	w := newStillWorld(t, openly)
	k := newAssertionKey(t)
	good := registration("token_endpoint_auth_method", "private_key_jwt", "jwks", k.jwks, "subject_type", "public")
	answer := w.register(good)
	id, token := str(answer, "client_id"), str(answer, "registration_access_token")
	bad := []map[string]any{
		registration("redirect_uris", []string{"http://evil.test/cb"}), registration("redirect_uris", []string{callback + "#x"}), registration("redirect_uris", []string{}),
		registration("redirect_uris", nil), registration("redirect_uris", callback), registration("redirect_uris", map[string]string{"0": callback}),
		registration("grant_types", []string{"password"}), registration("response_types", []string{"id_token"}), registration("id_token_signed_response_alg", "none"),
		registration("token_endpoint_auth_method", "private_key_jwt"), registration("token_endpoint_auth_method", "private_key_jwt", "jwks", json.RawMessage(`{"keys":[{"kty":"oct","k":"AAAA"}]}`)),
		registration("jwks", "text"), registration("client_name", "Google"), registration("initiate_login_uri", "http://app.example.test/"), registration("subject_type", "evil"),
		registration("token_endpoint_auth_method", "none", "grant_types", []string{"client_credentials"}), registration("application_type", 1),
	}
	for _, m := range bad {
		m["client_id"] = id
		if _, err := w.tryUpdate(id, token, m); err == nil || err.Status != 400 {
			t.Errorf("%v: %v", m, err)
		}
		delete(m, "client_id")
		if _, err := w.tryRegister("", m); err == nil || err.Status != 400 {
			t.Errorf("%v: registered, %v", m, err)
		}
	}
	now, err := w.read(id, token) // nothing has changed, the token neither
	if err != nil {
		t.Fatal(err)
	}
	for _, once := range []string{"registration_access_token"} {
		delete(answer, once)
	}
	if asJSON(now) != asJSON(answer) {
		t.Errorf("now\n%s\nbefore\n%s", asJSON(now), asJSON(answer))
	}
}

// What the operator has said in a client's favour ends when the client becomes another, and so does what people have said.
func TestAttack_AE11_AK04_ChangesEndWhatWasSaidBefore(t *testing.T) {
	w := newStillWorld(t, openly)
	answer := w.register(registration())
	id := str(answer, "client_id")
	auth := id + ":" + str(answer, "client_secret")
	if err := w.EditClient(t.Context(), id, func(c *provider.Client) error {
		c.FirstParty, c.Verified, c.PKCEOptional = true, true, false
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	tokens := w.redeem(auth, params(id, "scope", "openid offline_access"))
	answer, err := w.tryUpdate(id, str(answer, "registration_access_token"), registration("client_id", id, "redirect_uris", []string{callback, "https://evil.test/cb"}))
	if err != nil {
		t.Fatal(err)
	}
	record, _ := w.ClientRecord(t.Context(), id)
	if record.FirstParty || record.Verified || record.PKCEOptional {
		t.Errorf("%+v", record)
	}
	out, e := w.Authorize(t.Context(), params(id), w.signIn(w.ada))
	if e != nil || out.Step == nil || out.Step.Name != provider.StepConsent {
		t.Errorf("%+v, %v: nobody is asked", out, e)
	}
	if w.active(auth, tokens["access_token"]) {
		t.Error("a token lives on")
	}
	// Another name alone keeps consents.
	w.code(w.signIn(w.ada), params(id))
	if _, err := w.tryUpdate(id, str(answer, "registration_access_token"), registration("client_id", id)); err != nil {
		t.Fatal(err)
	}
	if out, e := w.Authorize(t.Context(), params(id), w.signIn(w.ada)); e != nil || out.Answer == nil {
		t.Errorf("%+v, %v", out, e)
	}
}

func TestAttack_AE12_RegistrationTokens(t *testing.T) {
	w := newStillWorld(t, openly)
	mine, other := w.register(registration()), w.register(registration())
	id, token := str(mine, "client_id"), str(mine, "registration_access_token")
	access := w.redeem(id+":"+str(mine, "client_secret"), params(id))["access_token"].(string)
	w.client(provider.Client{ID: "ordinary"})
	refused := func(what, id, token string) {
		t.Helper()
		_, read := w.read(id, token)
		_, changed := w.tryUpdate(id, token, registration("client_id", id))
		removed := provider.AsError(w.EndRegistration(t.Context(), bearing(token), id))
		for _, err := range []*provider.Error{read, changed, removed} {
			if err == nil || err.Status != 401 || err.OAuth != "invalid_token" {
				t.Errorf("%s: %v", what, err)
			}
		}
	}
	refused("none", id, "")
	refused("another client's", id, str(other, "registration_access_token"))
	refused("an invented one", id, "sra_"+strings.Repeat("A", 43))
	refused("another spelling", id, token+"A")
	refused("cut", id, token[:len(token)-1])
	refused("without its prefix", id, strings.TrimPrefix(token, "sra_"))
	refused("the client's secret", id, str(mine, "client_secret"))
	refused("an access token", id, access)
	refused("a client that is not there", "nobody", token)
	refused("a client that nobody registered", "ordinary", token)
	refused("a client that nobody registered, with nothing", "ordinary", "sra_")
	refused("no client", "", token)
	next, err := w.tryUpdate(id, token, registration("client_id", id))
	if err != nil {
		t.Fatal(err)
	}
	refused("the one before", id, token)
	token = str(next, "registration_access_token")
	if err := w.EditClient(t.Context(), id, func(c *provider.Client) error { c.Disabled = true; return nil }); err != nil {
		t.Fatal(err)
	}
	refused("of a disabled client", id, token)
	record, _ := w.ClientRecord(t.Context(), id)
	if strings.Contains(asJSON(record), strings.TrimPrefix(token, "sra_")) || len(record.RegistrationToken) != 32 {
		t.Error("the token itself is kept")
	}
	// It is a token of the registration endpoint alone.
	if _, e := w.userInfo(str(other, "registration_access_token")); e == nil || e.Status != 401 {
		t.Errorf("userinfo: %v", e)
	}
	if _, err := w.tryRegister(str(other, "registration_access_token"), registration()); err == nil || err.Status != 401 {
		t.Errorf("as an initial access token: %v", err)
	}
}

// Of changes at once with one token one wins: the others hold a token that was rotated.
func TestAttack_AE12_RotationRace(t *testing.T) {
	onEngines(t, openly, func(t *testing.T, c cluster) {
		answer := c[0].register(registration())
		id, token := str(answer, "client_id"), str(answer, "registration_access_token")
		var won atomic.Int64
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				_, err := c[i%len(c)].tryUpdate(id, token, registration("client_id", id, "client_name", fmt.Sprint("Name ", i)))
				switch {
				case err == nil:
					won.Add(1)
				case err.Status != 401:
					t.Error(err)
				}
			})
		}
		all.Wait()
		if won.Load() != 1 {
			t.Fatalf("%d changes with one token", won.Load())
		}
	})
}

func TestAttack_AE14_SoftwareStatements(t *testing.T) {
	k, stranger := newAssertionKey(t), newAssertionKey(t)
	set, err := keys.ParseJWKS(k.jwks, keys.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	statement := func(k assertionKey, change map[string]any) string {
		claims := map[string]any{"iss": "https://trust.test", "software_id": "photos", "client_name": "Checked Photos", "redirect_uris": []string{callback}}
		for name, v := range change {
			if claims[name] = v; v == nil {
				delete(claims, name)
			}
		}
		text, err := k.SignJWT("JWT", []byte(asJSON(claims)))
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	w := newStillWorld(t, func(c *provider.Config) {
		openly(c)
		c.Registration.Software = []provider.SoftwareIssuer{{Issuer: "https://trust.test", Keys: set}}
	})
	good := statement(k, nil)
	answer := w.register(registration("software_statement", good, "client_name", "Evil Name", "redirect_uris", []string{"https://evil.test/cb"}, "tos_uri", "https://app.example.test/tos"))
	if answer["software_statement"] != good || answer["client_name"] != "Checked Photos" || asJSON(answer["redirect_uris"]) != asJSON([]string{callback}) ||
		answer["software_id"] != "photos" || answer["tos_uri"] != "https://app.example.test/tos" {
		t.Errorf("%v", answer)
	}
	header, payload, _ := strings.Cut(good, ".")
	payload, signature, _ := strings.Cut(payload, ".")
	none := b64.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`))
	own := b64.EncodeToString([]byte(`{"alg":"ES256","typ":"JWT","jwk":` + asJSON(stranger.Public()) + `}`))
	now := w.now().Unix()
	for what, c := range map[string]struct{ text, oauth string }{
		"no signature":       {none + "." + payload + ".", "invalid_software_statement"},
		"alg none, signed":   {none + "." + payload + "." + signature, "invalid_software_statement"},
		"its own key":        {own + "." + payload + "." + signature, "invalid_software_statement"},
		"a stranger's key":   {statement(stranger, nil), "invalid_software_statement"},
		"another payload":    {header + "." + b64.EncodeToString([]byte(`{"iss":"https://trust.test"}`)) + "." + signature, "invalid_software_statement"},
		"another issuer":     {statement(k, map[string]any{"iss": "https://evil.test"}), "unapproved_software_statement"},
		"no issuer":          {statement(k, map[string]any{"iss": nil}), "unapproved_software_statement"},
		"ended":              {statement(k, map[string]any{"exp": now}), "invalid_software_statement"},
		"not begun":          {statement(k, map[string]any{"nbf": now + 60}), "invalid_software_statement"},
		"of the future":      {statement(k, map[string]any{"iat": now + 60}), "invalid_software_statement"},
		"no JWT":             {"x", "invalid_software_statement"},
		"nothing":            {"", "invalid_software_statement"},
		"its word is judged": {statement(k, map[string]any{"redirect_uris": []string{"http://evil.test/"}}), "invalid_redirect_uri"},
	} {
		if _, err := w.tryRegister("", registration("software_statement", c.text)); err == nil || err.Status != 400 || err.OAuth != c.oauth {
			t.Errorf("%s: %v", what, err)
		}
	}
	// A statement gives no more than a registrant may have, and a change cannot shake it off.
	more := w.register(registration("software_statement", statement(k, map[string]any{"first_party": true, "scope": "openid admin", "client_id": "admin"})))
	if record, _ := w.ClientRecord(t.Context(), str(more, "client_id")); record.FirstParty || more["scope"] != "openid" || more["client_id"] == "admin" {
		t.Errorf("%+v", record)
	}
	id, token := str(answer, "client_id"), str(answer, "registration_access_token")
	_, e := w.tryUpdate(id, token, registration("client_id", id, "redirect_uris", []string{"https://evil.test/cb"}))
	wantOAuth(t, e, 400, "invalid_software_statement")
	if _, e = w.tryUpdate(id, token, registration("client_id", id, "software_statement", good)); e != nil {
		t.Error(e)
	}
	// Off unless there is somebody to believe.
	off := newStillWorld(t, openly)
	_, e = off.tryRegister("", registration("software_statement", good))
	wantOAuth(t, e, 400, "unapproved_software_statement")
}

func TestAttack_AK02_NamesOfStrangers(t *testing.T) {
	w := newStillWorld(t, func(c *provider.Config) {
		openly(c)
		c.Registration.ReservedNames = []string{"Example Corp"}
	})
	for _, name := range []string{
		"Google", "GOOGLE", " g o o g l e ", "Gооgle", "Góogle\u0000", "G-o-o-g-l-e", "Admin", "аdmin", "Sign in", "SIGNIN", "Example Corp", "example-corp", "Ехample Corp", "Signet!",
		"Pho\u202etos", "Pho\u200btos", "Pho\ntos", "Pho\u2066tos", "Pho\u00adtos", "\ufeffPhotos", strings.Repeat("a", 257),
	} {
		if _, err := w.tryRegister("", registration("client_name", name)); err == nil || err.OAuth != "invalid_client_metadata" {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, name := range []string{"Photos", "Google Photos Viewer", "写真", "👩‍👧‍👦 Family", "Фото", "X Ray", "Administrivia"} {
		if _, err := w.tryRegister("", registration("client_name", name)); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	// The operator's own clients may have any name.
	w.client(provider.Client{ID: "own", Name: "Google"})
}

// No scope of an operator's is to be had by registering.
func TestAttack_AK12_ScopesOfStrangers(t *testing.T) {
	w := newStillWorld(t, openly)
	answer := w.register(registration("scope", "openid admin signet:admin * urn:x", "scopes", []string{"admin"}))
	if answer["scope"] != "openid" {
		t.Errorf("%v", answer["scope"])
	}
	id := str(answer, "client_id")
	for _, scope := range []string{"admin", "openid signet:admin"} {
		_, err := w.Authorize(t.Context(), params(id, "scope", scope), w.signIn(w.ada))
		wantCode(t, err, "E-SCOPE-01")
	}
	if all := w.register(registration()); !slices.Equal(strings.Fields(str(all, "scope")), provider.StandardScopes()) {
		t.Errorf("%v", all["scope"])
	}
}

// A marker whose batch failed is written by the next request.
func TestUseIsNotedThoughTheFirstTimeFails(t *testing.T) {
	w := newStillWorld(t, openly)
	id := str(w.register(registration()), "client_id")
	b := w.signIn(w.ada)
	out, err := w.Authorize(t.Context(), params(id), b)
	if err != nil || out.Step == nil {
		t.Fatal(out, err)
	}
	sealed, err := w.Consent(t.Context(), out.Step.Request, b, true, false)
	if err != nil {
		t.Fatal(err)
	}
	w.tap.reset(func(_ int, write bool) error {
		if write {
			return storage.ErrUnavailable
		}
		return nil
	})
	if _, err := w.Resume(t.Context(), sealed, b); provider.AsError(err).Status != 503 {
		t.Fatal(err)
	}
	w.tap.reset(nil)
	if out, err = w.Resume(t.Context(), sealed, b); err != nil || out.Answer == nil {
		t.Fatal(out, err)
	}
	w.pass(25 * time.Hour)
	if n, err := w.RemoveUnused(t.Context()); err != nil || n != 0 {
		t.Fatal(n, err)
	}
}

// What the operator has taken away from a client, the client does not give back to itself: an update without scope used to
// bring all standard scopes again.
func TestAttack_AE10_NarrowedScopesStayNarrow(t *testing.T) {
	w := newStillWorld(t, openly)
	answer := w.register(registration())
	id := str(answer, "client_id")
	if err := w.EditClient(t.Context(), id, func(c *provider.Client) error { c.Scopes = []string{"openid"}; return nil }); err != nil {
		t.Fatal(err)
	}
	for _, more := range [][]any{nil, {"scope", "openid email offline_access"}} {
		next, e := w.tryUpdate(id, str(answer, "registration_access_token"), registration(append([]any{"client_id", id}, more...)...))
		if e != nil {
			t.Fatal(e)
		}
		answer = next
		if record, _ := w.ClientRecord(t.Context(), id); !slices.Equal(record.Scopes, []string{"openid"}) {
			t.Errorf("%v: scopes %q", more, record.Scopes)
		}
	}
}
