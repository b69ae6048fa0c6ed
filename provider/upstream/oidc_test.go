package upstream

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/url"
	"strings"
	"testing"

	"signet/storage"
)

func TestOIDCSignsIn(t *testing.T) {
	p := newFake(t)
	w := newWorld(t, p.source(nil))
	begun := w.begin("acme", nil)
	u, err := url.Parse(begun.URL)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	for name, want := range map[string]string{
		"client_id": "ours", "response_type": "code", "redirect_uri": "https://id.example.com/upstream/acme/callback", "scope": "openid profile email", "code_challenge_method": "S256", "state": begun.State,
	} {
		if q.Get(name) != want {
			t.Errorf("%s: got %q, want %q", name, q.Get(name), want)
		}
	}
	arrival, err := w.finish("acme", p.visit(t, begun.URL))
	if err != nil {
		t.Fatal(err)
	}
	id := arrival.Identity
	if id.Source != "acme" || id.Issuer != p.URL || id.Subject != "Ada" || id.Email != "ada@example.org" || !id.EmailVerified {
		t.Errorf("got %+v", id)
	}
	if id.Claims["name"] != "Ada Lovelace" || id.Claims["picture"] != "https://example.org/ada.png" {
		t.Errorf("claims %v", id.Claims)
	}
	if arrival.Carried.Request != "sealed" || arrival.Carried.Purpose != "sign-in" {
		t.Errorf("carried %+v", arrival.Carried)
	}
	if id.Tokens.Access.Reveal() != "their-access" || id.Tokens.Refresh.Reveal() != "their-refresh" || id.Tokens.Expires != w.clock().Unix()+3600 {
		t.Errorf("tokens %+v", id.Tokens)
	}
	sum := sha256.Sum256([]byte(p.last.Get("code_verifier")))
	if base64.RawURLEncoding.EncodeToString(sum[:]) != q.Get("code_challenge") {
		t.Error("the verifier does not fit the challenge")
	}
	if !strings.HasPrefix(p.auth, "Basic ") || p.last.Has("client_secret") {
		t.Errorf("authenticated by %q and %v", p.auth, p.last)
	}
}

// Two that come back with the same go both to the provider, and one gets through.
func TestOneOfTwoReturnsCounts(t *testing.T) {
	p := newFake(t)
	w := newWorld(t, p.source(nil))
	back := p.visit(t, w.begin("acme", nil).URL)
	var first, second storage.Batch
	for _, b := range []*storage.Batch{&first, &second} {
		if _, err := w.u.Finish(t.Context(), b, Return{Source: "acme", Binding: "browser", Params: back}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.db.Apply(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	if err := w.db.Apply(t.Context(), second); !errors.Is(err, storage.ErrConflict) {
		t.Fatal(err)
	}
}

func TestMetadataAndKeysAreKept(t *testing.T) {
	p := newFake(t)
	w := newWorld(t, p.source(nil))
	for range 5 {
		if _, err := w.signIn(p, "acme"); err != nil {
			t.Fatal(err)
		}
	}
	if p.count("/.well-known/openid-configuration") != 1 || p.count("/jwks") != 1 {
		t.Errorf("%v", p.requests)
	}
}

func TestDenied(t *testing.T) {
	p := newFake(t)
	w := newWorld(t, p.source(nil))
	arrival, err := w.finish("acme", url.Values{"state": {w.begin("acme", nil).State}, "error": {"access_denied"}, "error_description": {"<script>"}})
	var e *Error
	if !errors.As(err, &e) || !errors.Is(err, ErrDenied) || e.Code != "access_denied" || strings.Contains(err.Error(), "script") {
		t.Fatal(err)
	}
	if arrival == nil || arrival.Carried.Request != "sealed" {
		t.Error("who was denied cannot go on")
	}
}
