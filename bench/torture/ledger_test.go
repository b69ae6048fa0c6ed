package torture

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"crypto/sha256"
	"encoding/base64"
)

// ledger is what the server has acknowledged. A thing whose request was cut off is in doubt and leaves the ledger.
type ledger struct {
	mu sync.Mutex
	// live are refresh tokens that must work, spent those whose successor was acknowledged, dead those that were revoked.
	live, spent, dead []string
	// codes have been redeemed.
	codes []string
	// users exist.
	users []string
	acked int
}

func (l *ledger) note(change func(l *ledger)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change(l)
	l.acked++
}

// take removes a random live token, for a request that may or may not be answered.
func (l *ledger) take() (string, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.live) == 0 {
		return "", false
	}
	i := rand.IntN(len(l.live))
	token := l.live[i]
	l.live[i] = l.live[len(l.live)-1]
	l.live = l.live[:len(l.live)-1]
	return token, true
}

// worker is one browser and its client.
type worker struct {
	*server
	*ledger
	jar http.CookieJar
	n   int
}

const verifier = "a-verifier-that-is-long-enough-for-rfc-7636-0123456789"

func challenge() string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// step does one thing at random.
func (w *worker) step() error {
	w.n++
	switch p := rand.IntN(10); {
	case p < 4:
		return w.login()
	case p < 7:
		return w.refresh()
	case p < 8:
		return w.revoke()
	}
	return w.addUser()
}

func (w *worker) login() error {
	query := url.Values{"client_id": {clientID}, "redirect_uri": {callback}, "response_type": {"code"}, "scope": {"openid offline_access"},
		"code_challenge": {challenge()}, "code_challenge_method": {"S256"}}
	r, err := http.NewRequest(http.MethodGet, w.issuer+"/authorize?"+query.Encode(), nil)
	if err != nil {
		return err
	}
	for _, c := range w.jar.Cookies(r.URL) {
		r.AddCookie(c)
	}
	resp, _, err := w.send(r)
	if err != nil {
		return err
	}
	to, err := url.Parse(resp.Header.Get("Location"))
	if err != nil || !strings.HasPrefix(to.String(), callback) || to.Query().Get("code") == "" {
		w.t.Errorf("authorize: status %d to %q", resp.StatusCode, to)
		return errGone
	}
	code := to.Query().Get("code")
	tokens, status, err := w.token(codeForm(code))
	if err != nil || status == http.StatusServiceUnavailable {
		return err
	}
	if status != http.StatusOK {
		w.t.Errorf("token: status %d", status)
		return errGone
	}
	w.note(func(l *ledger) {
		l.live = append(l.live, tokens.Refresh)
		l.codes = append(l.codes, code)
	})
	return nil
}

func codeForm(code string) url.Values {
	return url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {callback}, "code_verifier": {verifier}}
}

func refreshForm(token string) url.Values {
	return url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}
}

type tokens struct {
	Refresh string `json:"refresh_token"`
	Active  bool   `json:"active"`
}

func (s *server) token(form url.Values) (tokens, int, error) { return s.post("/token", form) }

func (s *server) post(path string, form url.Values) (tokens, int, error) {
	var answer tokens
	r, err := http.NewRequest(http.MethodPost, s.issuer+path, strings.NewReader(form.Encode()))
	if err != nil {
		return answer, 0, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(clientID, clientSecret)
	resp, body, err := s.send(r)
	if err != nil {
		return answer, 0, err
	}
	if len(body) > 0 {
		if err := json.Unmarshal(body, &answer); err != nil {
			s.t.Errorf("%s: %v in %q", path, err, body)
		}
	}
	return answer, resp.StatusCode, nil
}

func (w *worker) refresh() error {
	token, ok := w.take()
	if !ok {
		return nil
	}
	answer, status, err := w.token(refreshForm(token))
	if err != nil {
		return err
	}
	if status != http.StatusOK {
		if status != http.StatusServiceUnavailable {
			w.t.Errorf("a live refresh token was refused: status %d", status)
		}
		return errGone
	}
	w.note(func(l *ledger) {
		l.live = append(l.live, answer.Refresh)
		l.spent = append(l.spent, token)
	})
	return nil
}

func (w *worker) revoke() error {
	token, ok := w.take()
	if !ok {
		return nil
	}
	_, status, err := w.post("/revoke", url.Values{"token": {token}})
	if err != nil || status == http.StatusServiceUnavailable {
		return err
	}
	if status != http.StatusOK {
		w.t.Errorf("revoke: status %d", status)
	}
	w.note(func(l *ledger) { l.dead = append(l.dead, token) })
	return nil
}

// addUser goes through the administration socket.
func (w *worker) addUser() error {
	name := fmt.Sprintf("u%x", rand.Uint64())
	status, err := w.admin(http.MethodPost, "/users", map[string]string{"username": name})
	if err != nil || status == http.StatusServiceUnavailable {
		return err
	}
	if status != http.StatusOK {
		w.t.Errorf("add user: status %d", status)
	}
	w.note(func(l *ledger) { l.users = append(l.users, name) })
	return nil
}
