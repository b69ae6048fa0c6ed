package cli

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"signet/cli/config"
	"signet/handlers/robot"
)

// limited is a server all of whose rates are the same.
func limited(t *testing.T, rate string) *reloading {
	t.Helper()
	text := "issuer = \"https://id.example.test\"\n[passwords]\nmemory = \"8MiB\"\ntime = 1\n"
	for section, typ := range map[string]reflect.Type{"limits": reflect.TypeFor[config.Limits](), "registration": reflect.TypeFor[config.Registration]()} {
		text += "[" + section + "]\n"
		for i := range typ.NumField() {
			if f := typ.Field(i); f.Type == reflect.TypeFor[config.Rate]() {
				text += fmt.Sprintf("%s = %q\n", f.Tag.Get("toml"), rate)
			}
		}
		if section == "registration" {
			text += "policy = \"open\"\n"
		}
	}
	return newReloading(t, text+"[[user]]\nname = \"ada\"\npassword = \"three words and a lamp\"\n[[client]]\nid = \"spa\"\npublic = true\nredirect_uris = [\"https://spa.example.test/\"]\n")
}

// tries are what the rates hold back: each tries once, and must not be what it is when it tries too often.
var tries = map[string]func(r *reloading) int{
	"sign-in": func(r *reloading) int {
		b := robot.New(r.t, "https://id.example.test")
		b.Transport = robot.Direct(&r.public)
		return b.Get("/login").Submit("login", url.Values{"identifier": {"ada"}, "password": {"not this one at all"}}).Status()
	},
	"client authentication": func(r *reloading) int {
		return r.post("/token", url.Values{"grant_type": {"client_credentials"}, "client_id": {"nobody"}, "client_secret": {"x"}})
	},
	"push": func(r *reloading) int {
		return r.post("/par", url.Values{"client_id": {"spa"}, "response_type": {"code"}})
	},
	"device": func(r *reloading) int {
		return r.post("/device_authorization", url.Values{"client_id": {"spa"}})
	},
	"registration": func(r *reloading) int {
		return r.send("/register", "application/json", `{"redirect_uris":["https://new.example.test/cb"]}`)
	},
}

func (r *reloading) post(path string, form url.Values) int {
	return r.send(path, "application/x-www-form-urlencoded", form.Encode())
}

func (r *reloading) send(path, kind, body string) int {
	req := httptest.NewRequest(http.MethodPost, "https://id.example.test"+path, strings.NewReader(body))
	req.Header.Set("Content-Type", kind)
	out := httptest.NewRecorder()
	r.public.ServeHTTP(out, req)
	return out.Code
}

// Each rate has an effect, and none when it is off: a conformance run signs in hundreds of times from one address.
func TestLimits(t *testing.T) {
	strict, open := limited(t, "1/1h"), limited(t, "off")
	for name, try := range tries {
		first, second := try(strict), try(strict)
		if first == http.StatusTooManyRequests || first == http.StatusNotFound || second != http.StatusTooManyRequests {
			t.Errorf("%s, once an hour: %d, then %d", name, first, second)
		}
		for i := range 120 {
			if got := try(open); got != first {
				t.Errorf("%s, no limit: try %d is answered with %d, the first with %d", name, i, got, first)
				break
			}
		}
	}
}

// rotate --now is what a run of the conformance suite wants: at once another key signs, and the old one is still there for what
// it signed.
func TestKeys_RotateNow(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	issuer := serving(t, dir)
	published := func() map[string]bool {
		answer, err := http.Get(issuer + "/jwks")
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		var set struct{ Keys []struct{ Kid string } }
		if err := json.NewDecoder(answer.Body).Decode(&set); err != nil {
			t.Fatal(err)
		}
		found := map[string]bool{}
		for _, k := range set.Keys {
			found[k.Kid] = true
		}
		return found
	}
	before := published()
	ok(t, "--data", dir, "keys", "rotate", "RS256", "--now")
	after := published()
	if len(after) != len(before)+1 {
		t.Errorf("%d keys, then %d", len(before), len(after))
	}
	for kid := range before {
		if !after[kid] {
			t.Errorf("%s is not published any more", kid)
		}
	}
	out := ok(t, "--data", dir, "keys", "list")
	active := 0
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, "RS256") && strings.Contains(line, "active") {
			active++
			for kid := range before {
				if strings.Contains(line, kid) {
					t.Errorf("the old key still signs:\n%s", out)
				}
			}
		}
	}
	if active != 1 {
		t.Errorf("%d keys sign:\n%s", active, out)
	}
}
