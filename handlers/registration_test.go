package handlers_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"signet/handlers"
	"signet/provider"
)

// openRegistration rebuilds a world in which clients may register themselves.
func openRegistration(t *testing.T, policy provider.RegistrationPolicy, change func(*handlers.Config)) *world {
	t.Helper()
	w := newWorldAt(t, issuer, change)
	w.registration = provider.Registration{Policy: policy}
	w.restart(cheapPasswords)
	return w
}

const photos = `{"client_name":"Photos","redirect_uris":["` + callback + `"],"policy_uri":"https://app.example.test/privacy","tos_uri":"https://app.example.test/terms"}`

// register sends a registration; header pairs are added.
func (w *world) register(body string, header ...string) *httptest.ResponseRecorder {
	return w.json(http.MethodPost, "/register", body, header...)
}

func (w *world) json(method, path, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, w.issuer+path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return w.do(r)
}

func TestRegistrationOverHTTP(t *testing.T) {
	w := openRegistration(t, provider.RegistrationOpen, nil)
	out := w.register(photos)
	if out.Code != http.StatusCreated || out.Header().Get("Content-Type") != "application/json" || out.Header().Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %v %s", out.Code, out.Header(), out.Body)
	}
	c := w.decode(out)
	path := strings.TrimPrefix(c["registration_client_uri"].(string), issuer)
	bearer := "Bearer " + c["registration_access_token"].(string)
	if out := w.json(http.MethodGet, path, "", "Authorization", bearer); out.Code != http.StatusOK || w.decode(out)["client_name"] != "Photos" {
		t.Errorf("read: %d %s", out.Code, out.Body)
	}
	changed := `{"client_id":"` + c["client_id"].(string) + `","client_name":"Pictures","redirect_uris":["` + callback + `"]}`
	out = w.json(http.MethodPut, path, changed, "Authorization", bearer)
	if out.Code != http.StatusOK || w.decode(out)["client_name"] != "Pictures" {
		t.Fatalf("change: %d %s", out.Code, out.Body)
	}
	bearer = "Bearer " + w.decode(out)["registration_access_token"].(string)
	if out := w.json(http.MethodDelete, path, "", "Authorization", bearer); out.Code != http.StatusNoContent || out.Body.Len() != 0 {
		t.Errorf("delete: %d %s", out.Code, out.Body)
	}
	out = w.json(http.MethodGet, path, "", "Authorization", bearer)
	if out.Code != http.StatusUnauthorized || !strings.Contains(out.Header().Get("WWW-Authenticate"), `error="invalid_token"`) {
		t.Errorf("after: %d %v", out.Code, out.Header())
	}
}

func TestRegistrationRefusedOverHTTP(t *testing.T) {
	w := openRegistration(t, provider.RegistrationOpen, nil)
	bad := func(out *httptest.ResponseRecorder, status int, oauth string) {
		t.Helper()
		if out.Code != status || w.decode(out)["error"] != oauth || out.Header().Get("WWW-Authenticate") != "" {
			t.Errorf("%d %v %s", out.Code, out.Header(), out.Body)
		}
	}
	bad(w.register(`{"redirect_uris":["https://app.example.test/#x"]}`), 400, "invalid_redirect_uri")
	bad(w.register(`{"redirect_uris":["`+callback+`"],"initiate_login_uri":"http://app.example.test/"}`), 400, "invalid_client_metadata")
	bad(w.register("x"), 400, "invalid_client_metadata")
	bad(w.register(photos, "Content-Type", "text/plain"), 415, "invalid_request")
	bad(w.register(`{"client_name":"`+strings.Repeat("a", 70<<10)+`"}`), 413, "invalid_request")
	if out := w.json(http.MethodPatch, "/register/x", "{}", "Authorization", "Bearer x"); out.Code != http.StatusMethodNotAllowed {
		t.Errorf("PATCH: %d", out.Code)
	}
	if out := w.register(photos, "Authorization", "Bearer x"); out.Code != http.StatusUnauthorized {
		t.Errorf("a bad token where none is needed: %d", out.Code)
	}
}

// Off unless the operator says otherwise: nothing is there.
func TestAttack_AE09_RegistrationIsOff(t *testing.T) {
	w := newWorld(t)
	for _, method := range []string{http.MethodPost, http.MethodGet, http.MethodPut, http.MethodDelete} {
		for _, path := range []string{"/register", "/register/app"} {
			if out := w.json(method, path, photos, "Authorization", "Bearer x"); out.Code != http.StatusNotFound {
				t.Errorf("%s %s: %d", method, path, out.Code)
			}
		}
	}
}

// Whoever registers without a token does so at a measured pace, for each network and for all together. Whoever has a token does not
// count.
func TestAttack_AE09_RegistrationQuota(t *testing.T) {
	w := openRegistration(t, provider.RegistrationOpen, func(c *handlers.Config) {
		c.RegistrationsEach, c.RegistrationsAll = handlers.Rate{Count: 3, Per: time.Hour}, handlers.Rate{Count: 5, Per: 24 * time.Hour}
	})
	from := func(address string, header ...string) int {
		r := httptest.NewRequest(http.MethodPost, issuer+"/register", strings.NewReader(photos))
		r.Header.Set("Content-Type", "application/json")
		r.RemoteAddr = address
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		out := w.do(r)
		if out.Code == http.StatusTooManyRequests && out.Header().Get("Retry-After") == "" {
			t.Error("429 without Retry-After")
		}
		return out.Code
	}
	for range 3 {
		if code := from("192.0.2.1:1"); code != http.StatusCreated {
			t.Fatal(code)
		}
	}
	for _, address := range []string{"192.0.2.1:2", "192.0.2.200:1"} {
		if code := from(address); code != http.StatusTooManyRequests {
			t.Errorf("%s: %d", address, code)
		}
	}
	for range 2 {
		if code := from("198.51.100.1:1"); code != http.StatusCreated {
			t.Fatal(code)
		}
	}
	if code := from("203.0.113.1:1"); code != http.StatusTooManyRequests {
		t.Errorf("more than all together may: %d", code)
	}
	text, _, err := w.provider.CreateInitialToken(t.Context(), provider.InitialToken{Uses: 1, Expires: w.now().Unix() + 60})
	w.check(err)
	if code := from("192.0.2.1:1", "Authorization", "Bearer "+text.Reveal()); code != http.StatusCreated {
		t.Errorf("with a token: %d", code)
	}
	w.pass(21 * time.Minute)
	if code := from("192.0.2.1:1"); code != http.StatusTooManyRequests {
		t.Errorf("the quota of all: %d", code)
	}
	w.pass(5 * time.Hour)
	if code := from("192.0.2.1:1"); code != http.StatusCreated {
		t.Errorf("after a while: %d", code)
	}
}

// A client that registered itself is shown as one that nobody has checked, with where the answer goes, and consent is asked.
func TestAttack_AK01_StrangersAreShownAsSuch(t *testing.T) {
	w := openRegistration(t, provider.RegistrationOpen, nil)
	c := w.decode(w.register(photos))
	id := c["client_id"].(string)
	b := w.signedIn("ada")
	b.Get(authorizeURL("client_id", id))
	if !b.Has("consent") {
		t.Fatalf("nobody is asked: %s", b.Text())
	}
	page := b.Text()
	for _, want := range []string{"Unverified app", "app.example.test", "Photos", "Privacy policy", "Terms of use"} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is not on the page:\n%s", want, page)
		}
	}
	w.check(w.provider.EditClient(t.Context(), id, func(c *provider.Client) error { c.Verified = true; return nil }))
	if page := b.Get(authorizeURL("client_id", id)).Text(); strings.Contains(page, "Unverified") {
		t.Errorf("an administrator vouches for it, and it is\n%s", page)
	}
}

// What an answer says is JSON of the types of the specification.
func TestRegistrationAnswerTypes(t *testing.T) {
	w := openRegistration(t, provider.RegistrationOpen, nil)
	var c struct {
		ID       string   `json:"client_id"`
		Issued   int64    `json:"client_id_issued_at"`
		Secret   string   `json:"client_secret"`
		Expires  *int64   `json:"client_secret_expires_at"`
		URI      string   `json:"registration_client_uri"`
		Token    string   `json:"registration_access_token"`
		Redirect []string `json:"redirect_uris"`
		Grants   []string `json:"grant_types"`
		Scope    string   `json:"scope"`
	}
	if err := json.Unmarshal(w.register(photos).Body.Bytes(), &c); err != nil {
		t.Fatal(err)
	}
	if c.Expires == nil || *c.Expires != 0 || c.Issued == 0 || len(c.Redirect) != 1 || !strings.HasPrefix(c.URI, "https://") || c.Token == "" || c.Scope == "" {
		t.Errorf("%+v", c)
	}
}
