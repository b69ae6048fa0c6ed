package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/crypto/argon2"
)

// What the configuration of the measured server declares.
const (
	confidential = "bench"        // signs in people, client_credentials with opaque tokens, introspects
	jwtES256     = "bench-es256"  // client_credentials with JWTs
	jwtRS256     = "bench-rs256"  //
	public       = "bench-public" // rotating refresh tokens
	secret       = "bench-secret-0123456789-0123456789"
	wrongSecret  = "bench-secret-0123456789-wrong-6789"
	password     = "correct horse battery staple"
	redirect     = "http://127.0.0.1:9/callback"
)

// signet is a Signet server to be measured.
type signet struct {
	binary, dir string
	port        int
	metrics     int // port of the metrics
	people      int
	// storage are further lines of the configuration's section of that name.
	storage string
	process *process
	issuer  string

	authorization, token, introspection, jwks, discovery *url.URL

	browsers []*jar // one signed-in browser a person
}

// newSignet writes the configuration of a server into dir. An existing data directory is used as it is.
func newSignet(binary, dir, storage string, people int) (*signet, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	metrics, err := freePort()
	if err != nil {
		return nil, err
	}
	s := &signet{binary: binary, dir: dir, port: port, metrics: metrics, people: people, storage: storage}
	s.locate("http://127.0.0.1:" + strconv.Itoa(port))
	return s, os.WriteFile(s.config(), []byte(s.document()), 0o600)
}

// locate sets the issuer, from which everything else is discovered.
func (s *signet) locate(issuer string) {
	s.issuer = issuer
	s.discovery, _ = url.Parse(issuer + "/.well-known/openid-configuration")
}

func (s *signet) config() string { return filepath.Join(s.dir, "signet.toml") }

func (s *signet) start() (err error) {
	s.process, err = start([]string{s.binary, "serve", "--config", s.config()}, s.discovery, filepath.Join(s.dir, "signet.log"))
	return err
}

// document is signet.toml: no limits, since one machine signs in as often as a city, and cheap passwords, since they are
// not what is measured.
func (s *signet) document() string {
	var b strings.Builder
	fmt.Fprintf(&b, "issuer = %q\n\n[server]\nlisten = \"127.0.0.1:%d\"\nmetrics_listen = \"127.0.0.1:%d\"\n\n[storage]\ndata_dir = \"data\"\n%s\n", s.issuer, s.port, s.metrics, s.storage)
	b.WriteString("[passwords]\nmemory = \"8MiB\"\ntime = 1\nparallelism = 1\n\n")
	b.WriteString("[limits]\nlogin_account = \"off\"\nlogin_address = \"off\"\nclient_failures = \"off\"\n\n[log]\nlevel = \"warn\"\n")
	const people = "redirect_uris = [\"" + redirect + "\"]\ntrusted = true\nid_token_alg = \"ES256\"\n"
	const machine = "secret = \"" + secret + "\"\ngrant_types = [\"client_credentials\"]\naccess_token = \"jwt\"\naccess_token_alg = "
	fmt.Fprintf(&b, "\n[[client]]\nid = %q\nsecret = %q\ngrant_types = [\"authorization_code\", \"client_credentials\"]\n%s", confidential, secret, people)
	fmt.Fprintf(&b, "\n[[client]]\nid = %q\npublic = true\n%s", public, people)
	fmt.Fprintf(&b, "\n[[client]]\nid = %q\n%s\"ES256\"\n", jwtES256, machine)
	fmt.Fprintf(&b, "\n[[client]]\nid = %q\n%s\"RS256\"\n", jwtRS256, machine)
	for i := range s.people {
		fmt.Fprintf(&b, "\n[[user]]\nname = %q\nemail = \"%s@example.com\"\npassword_hash = %q\n", person(i), person(i), passwordHash())
	}
	return b.String()
}

func person(i int) string { return "bench" + strconv.Itoa(i) }

// passwordHash is the password as a PHC string, at the cost that the configuration names. One salt serves all: nothing is
// to be protected here, and the file stays the same from run to run.
func passwordHash() string {
	salt := []byte("0123456789abcdef")
	hash := argon2.IDKey([]byte(password), salt, 1, 8<<10, 1, 32)
	b64 := base64.RawStdEncoding
	return "$argon2id$v=19$m=8192,t=1,p=1$" + b64.EncodeToString(salt) + "$" + b64.EncodeToString(hash)
}

// discover reads the endpoints.
func (s *signet) discover() error {
	client := http.Client{Timeout: 10 * time.Second}
	response, err := client.Get(s.discovery.String())
	if err != nil {
		return err
	}
	defer response.Body.Close()
	var d struct {
		Issuer        string `json:"issuer"`
		Authorization string `json:"authorization_endpoint"`
		Token         string `json:"token_endpoint"`
		Introspection string `json:"introspection_endpoint"`
		JWKS          string `json:"jwks_uri"`
	}
	if err := json.NewDecoder(response.Body).Decode(&d); err != nil {
		return fmt.Errorf("discovery: %w", err)
	}
	if d.Issuer != s.issuer {
		return fmt.Errorf("discovery: issuer is %q, want %q", d.Issuer, s.issuer)
	}
	return errors.Join(
		endpoint(&s.authorization, d.Authorization), endpoint(&s.token, d.Token),
		endpoint(&s.introspection, d.Introspection), endpoint(&s.jwks, d.JWKS))
}

func endpoint(to **url.URL, text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return fmt.Errorf("discovery: endpoint %q", text)
	}
	*to = u
	return nil
}

// signInEverybody opens one browser a person and leaves it signed in.
func (s *signet) signInEverybody() error {
	client := &http.Client{Timeout: 30 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	random := newRandom()
	s.browsers = nil
	for i := range s.people {
		r := &robot{client: client, jar: &jar{}, identifier: person(i), password: password}
		query, _ := authorizationRequest(confidential, "openid", random)
		to, err := r.signIn(s.authorization.String()+"?"+query, redirect)
		if err != nil {
			return fmt.Errorf("sign-in of %s: %w", person(i), err)
		}
		if !strings.Contains(to, "code=") {
			return fmt.Errorf("sign-in of %s: sent to %s", person(i), to)
		}
		s.browsers = append(s.browsers, r.jar)
	}
	return nil
}
