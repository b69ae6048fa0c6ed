package torture

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"signet/handlers/robot"
)

// good is a request to which nothing is wrong, in parts.
type good struct {
	method, path string
	form         [][2]string
	cookie       string
	header       []string
}

// corpus is what a flood begins with: good requests of every kind, made of what the server has really handed out.
type corpus struct {
	requests []good
	// sealed are values of every kind that the server has sealed, cookies lines of browsers.
	sealed, cookies []string
}

// authorization is an authorization request without any fault.
func authorization(client string, more ...[2]string) [][2]string {
	return append([][2]string{{"client_id", client}, {"redirect_uri", callback}, {"response_type", "code"}, {"scope", "openid offline_access"},
		{"state", "some-state"}, {"nonce", "some-nonce"}, {"code_challenge", challenge()}, {"code_challenge_method", "S256"}}, more...)
}

func encode(form [][2]string) string {
	pairs := make([]string, len(form))
	for i, f := range form {
		pairs[i] = url.QueryEscape(f[0]) + "=" + url.QueryEscape(f[1])
	}
	return strings.Join(pairs, "&")
}

// browse opens a page in a browser that has this jar, or in a new one.
func (s *server) browse(jar http.CookieJar, path string) *robot.Browser {
	s.t.Helper()
	b := robot.New(s.t, s.issuer)
	b.Transport = s.transport()
	if jar != nil {
		b.Jar = jar
	}
	return b.Get(path)
}

// newCorpus signs in, and goes as far as it can without ending anything.
func newCorpus(s *server) *corpus {
	s.t.Helper()
	c := &corpus{cookies: []string{""}}
	jar := s.signIn()
	person := cookieLine(s, jar)
	login := s.browse(nil, "/authorize?"+encode(authorization(clientID)))
	stranger := cookieLine(s, login.Jar)
	c.cookies = append(c.cookies, person, stranger)
	for _, cookie := range c.cookies {
		for _, client := range []string{clientID, "public"} {
			for _, more := range [][2]string{{"prompt", "none"}, {"prompt", "login consent"}, {"prompt", "select_account"}, {"response_mode", "form_post"}, {"max_age", "0"}, {"ui_locales", "de"}} {
				c.add("GET", "/authorize", authorization(client, more), cookie)
			}
			c.add("POST", "/authorize", authorization(client), cookie)
		}
	}
	c.addPages(s, jar, person, stranger, login)
	c.addCalls(s, jar)
	c.addDocuments(login)
	return c
}

func (c *corpus) add(method, path string, form [][2]string, cookie string, header ...string) {
	c.requests = append(c.requests, good{method, path, form, cookie, header})
}

// addRest adds a visit to each route, and a form, that nothing else leads to.
func (c *corpus) addRest(routes []string) {
	for _, route := range routes {
		path := strings.NewReplacer("{client}", "YQ", "{code}", "E-REQ-01").Replace(route)
		if !slices.ContainsFunc(c.requests, func(g good) bool { return g.path == path }) {
			c.add("GET", path, nil, c.cookies[1])
			c.add("POST", path, [][2]string{{"request", "x"}, {"form_token", "x"}, {"client_id", clientID}}, c.cookies[1])
		}
	}
}

func (c *corpus) addPages(s *server, jar http.CookieJar, person, stranger string, login *robot.Browser) {
	request := login.Field("login", "request")
	wrong := [][2]string{{"request", request}, {"form_token", login.Field("login", "form_token")}, {"identifier", "ada"}, {"password", "wrong"}}
	c.add("GET", "/login", [][2]string{{"request", request}}, stranger)
	c.add("POST", "/login", wrong, stranger)
	c.add("POST", "/login", append(slices.Clone(wrong), [2]string{"switch", "1"}), stranger)
	consent := s.browse(jar, "/authorize?"+encode(authorization("public")))
	c.add("GET", "/consent", [][2]string{{"request", consent.Field("consent", "request")}}, person)
	for _, decision := range []string{"allow", "deny"} {
		c.add("POST", "/consent", [][2]string{{"request", consent.Field("consent", "request")}, {"form_token", consent.Field("consent", "form_token")}, {"decision", decision}, {"remember", "1"}}, person)
	}
	choice := s.browse(jar, "/authorize?"+encode(authorization(clientID, [2]string{"prompt", "select_account"})))
	c.add("GET", "/select", [][2]string{{"request", choice.Field("select", "request")}}, person)
	c.add("POST", "/select", [][2]string{{"request", choice.Field("select", "request")}, {"form_token", choice.Field("select", "form_token")}, {"account", "somebody"}}, person)
	for _, sealed := range []string{request, consent.Field("consent", "request"), choice.Field("select", "request")} {
		c.sealed = append(c.sealed, sealed)
		c.add("GET", "/authorize", [][2]string{{"continue", sealed}}, person)
	}
	for _, cookie := range c.cookies {
		c.add("GET", "/", nil, cookie, "Accept: text/html")
		c.add("GET", "/logout", [][2]string{{"state", "s"}, {"client_id", clientID}, {"post_logout_redirect_uri", "https://evil.example/"}}, cookie)
		c.add("POST", "/logout", [][2]string{{"state", "s"}, {"id_token_hint", "e30.e30.e30"}, {"post_logout_redirect_uri", "https://evil.example/"}}, cookie)
	}
}

// codes are as many as are asked for, not yet redeemed.
func (s *server) codes(jar http.CookieJar, n int) []string {
	s.t.Helper()
	var codes []string
	for range n {
		b := s.browse(jar, "/authorize?"+encode(authorization(clientID)))
		codes = append(codes, b.URL().Query().Get("code"))
	}
	if slices.Contains(codes, "") {
		s.t.Fatal("no code")
	}
	return codes
}

// issued is an answer of the token endpoint.
type issued struct {
	Access    string `json:"access_token"`
	Refresh   string `json:"refresh_token"`
	ID        string `json:"id_token"`
	ExpiresIn int    `json:"expires_in"`
}

// redeem exchanges a code.
func (s *server) redeem(code string) issued {
	s.t.Helper()
	r, err := http.NewRequest(http.MethodPost, s.issuer+"/token", strings.NewReader(codeForm(code).Encode()))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(clientID, clientSecret)
	resp, body, err := s.send(r)
	if err != nil || resp.StatusCode != http.StatusOK {
		s.t.Fatalf("token: %v %s", err, body)
	}
	var t issued
	if err := json.Unmarshal(body, &t); err != nil {
		s.t.Fatal(err)
	}
	return t
}

func (c *corpus) addCalls(s *server, jar http.CookieJar) {
	basic := "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(clientID+":"+clientSecret))
	secret := [][2]string{{"client_id", clientID}, {"client_secret", clientSecret}}
	for i, code := range s.codes(jar, 20) {
		form := [][2]string{{"grant_type", "authorization_code"}, {"code", code}, {"redirect_uri", callback}, {"code_verifier", verifier}}
		c.sealed = append(c.sealed, code)
		if i >= 5 {
			c.add("POST", "/token", form, "", basic)
			continue
		}
		t := s.redeem(code)
		c.sealed = append(c.sealed, t.Access, t.Refresh, t.ID)
		c.add("POST", "/token", [][2]string{{"grant_type", "refresh_token"}, {"refresh_token", t.Refresh}, {"scope", "openid"}}, "", basic)
		for _, token := range []string{t.Access, t.Refresh, t.ID} {
			c.add("POST", "/introspect", [][2]string{{"token", token}, {"token_type_hint", "access_token"}}, "", basic)
		}
		c.add("GET", "/userinfo", nil, "", "Authorization: Bearer "+t.Access)
		c.add("POST", "/userinfo", [][2]string{{"access_token", t.Access}}, "")
		c.add("GET", "/authorize", authorization(clientID, [2]string{"id_token_hint", t.ID}), c.cookies[1])
	}
	c.add("POST", "/revoke", [][2]string{{"token", canary}, {"token_type_hint", "refresh_token"}}, "", basic)
	c.add("POST", "/token", append(slices.Clone(secret), [2]string{"grant_type", "client_credentials"}), "")
	c.add("POST", "/token", append(slices.Clone(secret), [2]string{"grant_type", "password"}, [2]string{"username", "ada"}, [2]string{"password", password}), "")
	c.add("POST", "/token", [][2]string{{"grant_type", "authorization_code"}, {"client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}, {"client_assertion", "e30.e30.e30"}}, "")
}

var asset = regexp.MustCompile(`/static/[^"]+`)

func (c *corpus) addDocuments(page *robot.Browser) {
	paths := append(asset.FindAllString(page.Body(), 3), documents...)
	for _, path := range append(paths, "/docs/errors/E-REDIR-01", "/docs/errors/E-X", "/healthz", "/readyz", "/nothing/here") {
		c.add("GET", path, nil, "", "Accept-Encoding: gzip")
	}
}

// cookieLine is the value of the Cookie header that a jar sends.
func cookieLine(s *server, jar http.CookieJar) string {
	s.t.Helper()
	at, err := url.Parse(s.issuer)
	if err != nil {
		s.t.Fatal(err)
	}
	var pairs []string
	for _, c := range jar.Cookies(at) {
		pairs = append(pairs, c.Name+"="+c.Value)
	}
	return strings.Join(pairs, "; ")
}
