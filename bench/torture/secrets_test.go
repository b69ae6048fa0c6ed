package torture

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"io/fs"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// secret is something that must not be found anywhere but with who it is for.
type secret struct{ name, value string }

// spellings are the forms in which a careless program leaves a value behind.
func (s secret) spellings() map[string][]byte {
	raw := []byte(s.value)
	return map[string][]byte{
		"raw":     raw,
		"hex":     []byte(hex.EncodeToString(raw)),
		"base64":  []byte(base64.StdEncoding.EncodeToString(raw)[:len(raw)]),
		"percent": []byte(url.QueryEscape(s.value)),
	}
}

// TestAttack_AP01_AN09_NothingSecretIsLeftBehind runs logins with everything logged, stops the server, and looks for what
// was secret in its log and in every file of its data directory: whoever steals those must not be able to use them.
func TestAttack_AP01_AN09_NothingSecretIsLeftBehind(t *testing.T) {
	s := newServer(t, "", "[log]\nlevel = \"debug\"\naccess = true")
	s.start()
	jar := s.signIn().(*cookiejar.Jar)
	l := &ledger{}
	w := &worker{server: s, ledger: l, jar: jar}
	for range 20 {
		if err := w.login(); err != nil {
			t.Fatal(err)
		}
		if err := w.refresh(); err != nil {
			t.Fatal(err)
		}
	}
	w.failEveryWay()
	secrets := []secret{{"password", password}, {"client secret", clientSecret}}
	at, err := url.Parse(s.issuer)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range jar.Cookies(at) {
		secrets = append(secrets, secret{"cookie " + c.Name, c.Value})
	}
	for name, list := range map[string][]string{"code": l.codes, "refresh token": append(l.live, l.spent...)} {
		for _, v := range list {
			secrets = append(secrets, secret{name, v})
		}
	}
	s.kill()
	if s.log.Len() == 0 {
		t.Fatal("nothing was logged, so there is nothing to look at")
	}
	places := map[string][]byte{"the log": s.log.Bytes()}
	for path, text := range files(t, filepath.Join(s.dir, "data")) {
		places[path] = text
	}
	if len(places) < 3 {
		t.Fatalf("only %d places", len(places))
	}
	for place, text := range places {
		for _, sec := range secrets {
			for how, spelling := range sec.spellings() {
				if bytes.Contains(text, spelling) {
					t.Errorf("%s is in %s (%s)", sec.name, place, how)
				}
			}
		}
	}
	t.Logf("%d secrets in %d places", len(secrets), len(places))
}

// failEveryWay sends secrets to where they are refused: refusals are what is logged most.
func (w *worker) failEveryWay() {
	for _, form := range []url.Values{
		codeForm("sac_wrong"), refreshForm("srt_wrong"), {"grant_type": {"password"}, "password": {password}},
		{"grant_type": {"client_credentials"}, "client_secret": {clientSecret}},
	} {
		if _, _, err := w.token(form); err != nil {
			w.t.Fatal(err)
		}
	}
	for _, token := range append(w.live, w.spent...)[:2] {
		r, err := http.NewRequest(http.MethodGet, w.issuer+"/userinfo", nil)
		if err != nil {
			w.t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
		if _, _, err := w.send(r); err != nil {
			w.t.Fatal(err)
		}
	}
	r, err := http.NewRequest(http.MethodPost, w.issuer+"/login", strings.NewReader(url.Values{"identifier": {"ada"}, "password": {password}}.Encode()))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if _, _, err := w.send(r); err != nil {
		w.t.Fatal(err)
	}
}

func files(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	found := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		found[d.Name()] = text
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
