package handlers_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"testing"

	"signet/handlers"
	"signet/provider"
	"signet/provider/account"
)

// Every route that takes a body takes no larger one, no more fields, and nothing but what it is for; whoever sends more is told so,
// and nothing is written.
func TestAttack_AO02_EveryRouteIsBounded(t *testing.T) {
	w := newWholeWorld(t)
	grace := cookiesOf(w.signedIn("grace"))
	tried := 0
	for _, route := range w.Routes() {
		for _, method := range route.Methods {
			if method == http.MethodGet || method == http.MethodDelete {
				continue
			}
			tried++
			fields := ""
			for i := range 101 {
				fields += fmt.Sprintf("k%d=&", i)
			}
			cases := map[string]struct {
				body, kind string
				want       int
			}{
				"a large body":  {strings.Repeat("a", handlers.MaxBody+1), "", http.StatusRequestEntityTooLarge},
				"a million":     {strings.Repeat("k=&", 1_000_000), "", http.StatusRequestEntityTooLarge},
				"many fields":   {strings.TrimSuffix(fields, "&"), "", http.StatusRequestEntityTooLarge},
				"multipart":     {"--x\r\nContent-Disposition: form-data; name=\"a\"; filename=\"a\"\r\n\r\nb\r\n--x--\r\n", "multipart/form-data; boundary=x", http.StatusUnsupportedMediaType},
				"another shape": {"<x/>", "text/xml", http.StatusUnsupportedMediaType},
			}
			if route.RawBody {
				delete(cases, "many fields")
			}
			for name, c := range cases {
				before := w.engine.writes.Load()
				r := w.request(method, w.filled(route.Path), c.body, "Cookie", grace, "Sec-Fetch-Site", "same-origin")
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				if route.RawBody {
					r.Header.Set("Content-Type", "application/json")
				}
				if c.kind != "" {
					r.Header.Set("Content-Type", c.kind)
				}
				if out := w.do(r); out.Code != c.want || w.engine.writes.Load() != before {
					t.Errorf("%s %s, %s: %d, want %d", method, route.Path, name, out.Code, c.want)
				}
			}
		}
	}
	if tried < 20 {
		t.Errorf("only %d routes", tried)
	}
}

// allocated is how many bytes a piece of work takes from the heap.
func allocated(work func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	work()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// Texts on which a parser would work for the square of their length are refused before it sees all of them: what an attempt takes
// grows as its text does, at most.
func TestAttack_AO09_NoQuadraticInputs(t *testing.T) {
	w := newWholeWorld(t)
	token := w.browser().Get("/signup")
	form := func(value string) *http.Request {
		return w.request(http.MethodPost, "/signup", url.Values{"identifier": {value}, "form_token": {token.Field("ask", "form_token")}}.Encode(), "Cookie", cookiesOf(token), "Sec-Fetch-Site", "same-origin")
	}
	for name, c := range map[string]struct {
		piece string
		make  func(text string) *http.Request
	}{
		"address, comments": {"(", func(s string) *http.Request { return form(s + "a@example.test") }},
		"address, quotes":   {`"\"`, func(s string) *http.Request { return form(s + "@example.test") }},
		"address, dots":     {"a.", func(s string) *http.Request { return form("a@" + s + "test") }},
		"address, punycode": {"xn--a.", func(s string) *http.Request { return form("a@" + s + "test") }},
		"address, marks":    {"\u0301", func(s string) *http.Request { return form("a" + s + "@example.test") }},
		"content type": {`;a*0="b"`, func(s string) *http.Request {
			return w.request(http.MethodPost, "/token", "a=b", "Content-Type", "application/x-www-form-urlencoded"+s)
		}},
		"content type, pcts": {`;a*=utf-8''%41`, func(s string) *http.Request {
			return w.request(http.MethodPost, "/register", "{}", "Content-Type", "application/json"+s)
		}},
		"languages": {"en-x-a,", func(s string) *http.Request { return w.request(http.MethodGet, "/login", "", "Accept-Language", s) }},
		"languages, subtags": {"-a", func(s string) *http.Request {
			return w.request(http.MethodGet, "/login", "", "Accept-Language", "en"+s)
		}},
		"agent":   {"Mozilla/5.0 (", func(s string) *http.Request { return w.request(http.MethodGet, "/login", "", "User-Agent", s) }},
		"cookies": {"a=b; ", func(s string) *http.Request { return w.request(http.MethodGet, "/", "", "Cookie", s) }},
		"forwarded": {"for=192.0.2.1,", func(s string) *http.Request {
			return w.request(http.MethodGet, "/", "", "Forwarded", s, "X-Forwarded-For", s)
		}},
		"accept": {"text/html;q=0.1,", func(s string) *http.Request { return w.request(http.MethodGet, "/nothing", "", "Accept", s) }},
		"basic": {"QTpB", func(s string) *http.Request {
			return w.request(http.MethodPost, "/token", "a=b", "Authorization", "Basic "+s)
		}},
		"dots of a token": {".", func(s string) *http.Request {
			return w.request(http.MethodGet, "/userinfo", "", "Authorization", "Bearer "+s)
		}},
		"scopes": {"a ", func(s string) *http.Request { return w.request(http.MethodGet, authorizeURL("scope", s), "") }},
		"claims": {`{"a":`, func(s string) *http.Request { return w.request(http.MethodGet, authorizeURL("claims", s), "") }},
		"redirect": {"/..", func(s string) *http.Request {
			return w.request(http.MethodGet, authorizeURL("redirect_uri", callback+s), "")
		}},
		"redirect, escapes": {"%2f", func(s string) *http.Request {
			return w.request(http.MethodGet, authorizeURL("redirect_uri", callback+s), "")
		}},
		"keys": {`{"kty":"RSA"},`, func(s string) *http.Request {
			return w.request(http.MethodPost, "/register", `{"redirect_uris":["`+callback+`"],"jwks":{"keys":[`+strings.TrimSuffix(s, ",")+`]}}`, "Content-Type", "application/json")
		}},
	} {
		size := func(bytes int) uint64 {
			r := c.make(strings.Repeat(c.piece, bytes/len(c.piece)))
			return allocated(func() {
				if out := w.do(r); out.Code >= 500 {
					t.Errorf("%s: %d", name, out.Code)
				}
			})
		}
		size(100) // whatever is done at the first time only
		small, large := size(4<<10), size(15<<10)
		if large > 16*small+(1<<20) {
			t.Errorf("%s: %d bytes of heap for 4 KiB, %d for 15", name, small, large)
		}
	}
}

// Cookies by the hundred, names that meet in one bucket, numbers of a thousand digits: answered as anything else is.
func TestAttack_AO12_Bombs(t *testing.T) {
	w := newWholeWorld(t)
	ada := w.signedIn("grace").Cookie("__Host-signet")
	many := ""
	for i := range 1000 {
		many += fmt.Sprintf("c%d=x; ", i)
	}
	if out := w.do(w.request(http.MethodGet, "/account", "", "Cookie", many+"__Host-signet="+ada)); out.Code != http.StatusOK {
		t.Errorf("among a thousand cookies: %d", out.Code)
	}
	if out := w.do(w.request(http.MethodGet, "/account", "", "Cookie", strings.Repeat("__Host-signet=x; ", 800))); out.Code != http.StatusSeeOther {
		t.Errorf("eight hundred of one name: %d", out.Code)
	}
	for _, number := range []string{"1e400", "-1e400", "1e99999999999", "1" + strings.Repeat("0", 10_000), "0." + strings.Repeat("0", 10_000) + "1", "-0", "9007199254740993", "18446744073709551616"} {
		for _, member := range []string{"default_max_age", "client_name", "redirect_uris", "jwks", "id_token_signed_response_alg", "require_auth_time"} {
			members := map[string]json.RawMessage{"redirect_uris": json.RawMessage(`["` + callback + `"]`)}
			members[member] = json.RawMessage(number)
			body := "{"
			for name, value := range members {
				body += `"` + name + `":` + string(value) + ","
			}
			body = strings.TrimSuffix(body, ",") + "}"
			out := w.register(body)
			if out.Code >= 500 || out.Code < 300 && member != "default_max_age" {
				t.Errorf("%s of %.20s: %d %.200s", member, number, out.Code, out.Body)
			}
		}
		for _, claims := range []string{`{"userinfo":{"acr":{"value":` + number + `}}}`, `{"id_token":{"auth_time":{"essential":` + number + `}}}`} {
			if out := w.do(w.request(http.MethodGet, authorizeURL("claims", claims), "")); out.Code >= 500 {
				t.Errorf("claims of %.20s: %d", number, out.Code)
			}
		}
		if out := w.do(w.request(http.MethodGet, authorizeURL("max_age", number), "")); out.Code >= 500 {
			t.Errorf("max_age %.20s: %d", number, out.Code)
		}
	}
	names := "{"
	for i := range 5000 {
		names += fmt.Sprintf(`"m%d":1,`, i)
	}
	if out := w.register(names + `"redirect_uris":["` + callback + `"]}`); out.Code >= 500 {
		t.Errorf("five thousand members: %d", out.Code)
	}
	for _, body := range []string{strings.Repeat("[", 60_000), strings.Repeat(`{"a":`, 10_000), `{"redirect_uris":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`} {
		if out := w.register(body); out.Code != http.StatusBadRequest {
			t.Errorf("%.20s…: %d", body, out.Code)
		}
	}
}

// hostileAddresses are none that a person may be led to, or shown a picture from.
var hostileAddresses = []string{"javascript:alert(1)", "JavaScript:alert(1)", "java\tscript:alert(1)", " javascript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "blob:https://x/y",
	"//evil.example", `\\evil.example`, "/local", "evil.example", "https:evil.example", "https://", "https:///x", "https://user@evil.example/", "https://evil.example\\@good.example/", "https://evil.example/\r\nx", "ftp://evil.example/"}

// Addresses that pages lead to are https, whoever sets them and however: the client that registers itself, the operator, people in
// their profile.
func TestAttack_AN02_AddressesOfPages(t *testing.T) {
	w := newWholeWorld(t)
	for _, member := range []string{"client_uri", "policy_uri", "tos_uri", "logo_uri", "initiate_login_uri"} {
		for _, address := range append(hostileAddresses, "http://evil.example/") {
			body, err := json.Marshal(map[string]any{"redirect_uris": []string{callback}, member: address})
			w.check(err)
			if out := w.register(string(body)); out.Code != http.StatusBadRequest {
				t.Errorf("registered with %s %q: %d", member, address, out.Code)
			}
			set, err := json.Marshal(map[string]any{member: address})
			w.check(err)
			if err := w.provider.EditClient(t.Context(), "app", func(c *provider.Client) error { return json.Unmarshal(set, c) }); err == nil {
				t.Errorf("edited to %s %q", member, address)
			}
		}
	}
	b := w.signedIn("grace")
	if b.Get("/account/profile").Submit("profile", url.Values{"website": {"https://grace.example.test/"}}); !b.Has("notice") {
		t.Fatalf("a good address: %s", b.Text())
	}
	b.Submit("profile", url.Values{"website": {""}})
	for _, member := range []string{"website", "profile", "picture"} {
		for _, address := range hostileAddresses {
			b.Get("/account/profile").Submit("profile", url.Values{member: {address}})
			document, err := json.Marshal(map[string]any{member: address})
			w.check(err)
			if _, err := w.accounts.EditPerson(t.Context(), "grace", func(p *account.Person) error { return p.Patch(document) }); err == nil {
				t.Errorf("an operator sets %s %q", member, address)
			}
			if p := must(w.accounts.FindPerson(t.Context(), "grace")); p.Website+p.ProfilePage+p.Picture != "" {
				t.Fatalf("%s %q is in the profile", member, address)
			}
		}
	}
	// What leads back leads to a page of ours.
	for _, address := range hostileAddresses {
		q := url.QueryEscape(address)
		for _, path := range []string{"/login?errand=" + q, "/login?continue=" + q, "/login?next=" + q, "/login?back=" + q, "/logout?post_logout_redirect_uri=" + q, "/account/security?done=" + q, "/?done=" + q, "/select?request=" + q, "/docs/errors/" + url.PathEscape(address)} {
			b := w.browser().Get(path)
			if b.Left() {
				t.Errorf("%s leads away", path)
				continue
			}
			for _, to := range append(b.All("a", "href"), b.All("form", "action")...) {
				if !isLocal(to) && !strings.HasPrefix(to, "#") && to != "https://id.example.test/terms" {
					t.Errorf("%s: a link to %q", path, to)
				}
			}
		}
	}
}

// A browser that asks before it calls costs what any request does, however long its list of headers is, and is answered in the same
// few bytes; nothing of what it says is told back but the origin of a client.
func FuzzAttack_AO18_Preflight(f *testing.F) {
	w := newWorld(f)
	for _, headers := range []string{"", "authorization", strings.Repeat(",", 10_000), strings.Repeat("x-a,", 3000), strings.Repeat(" ", 10_000), "\x00", "a\r\nb: c"} {
		f.Add("https://app.example.test", "POST", headers)
		f.Add("null", headers, "x")
	}
	f.Fuzz(func(t *testing.T, origin, method, headers string) {
		r := w.request(http.MethodOptions, "/token", "")
		r.Header["Origin"], r.Header["Access-Control-Request-Method"], r.Header["Access-Control-Request-Headers"] = []string{origin}, []string{method}, []string{headers}
		out := w.do(r)
		size := out.Body.Len()
		for name, values := range out.Header() {
			size += len(name) + len(strings.Join(values, ""))
		}
		if out.Code >= 500 || size > 4096+len(origin) || out.Header().Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%d, %d bytes", out.Code, size)
		}
	})
}

func TestAttack_AO18_PreflightsAreCheap(t *testing.T) {
	w, _ := withPages(t)
	before := w.engine.writes.Load()
	cost := func(headers string) uint64 {
		r := w.request(http.MethodOptions, "/token", "", "Origin", "https://spa.example.test", "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", headers)
		return allocated(func() {
			if out := w.do(r); out.Code != http.StatusNoContent || out.Header().Get("Access-Control-Allow-Headers") != "Authorization, Content-Type, DPoP" {
				t.Errorf("%d %v", out.Code, out.Header())
			}
		})
	}
	cost("")
	plain := cost("authorization")
	for _, headers := range []string{strings.Repeat(",", 15_000), strings.Repeat("x-a, ", 3000), strings.Repeat(" ,", 7000)} {
		if got := cost(headers); got > plain+(64<<10) {
			t.Errorf("%.10q…: %d bytes of heap, %d for a usual one", headers, got, plain)
		}
	}
	if got := w.engine.writes.Load(); got != before {
		t.Errorf("%d writes", got-before)
	}
}
