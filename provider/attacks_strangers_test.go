package provider_test

import (
	"context"
	"net/netip"
	"net/url"
	"testing"
	"time"

	"signet/provider"
	"signet/provider/outbound"
)

// What a client does all by itself does not keep it: whoever registers clients and pushes once with each could otherwise fill the
// room that there is for such clients for ever.
func TestAttack_AE09_PushingIsNoUse(t *testing.T) {
	w := newStillWorld(t, openly)
	pushing := w.register(registration())
	device := w.register(registration("grant_types", []string{"authorization_code", grantDevice}, "token_endpoint_auth_method", "none"))
	used := w.register(registration())
	id := str(pushing, "client_id")
	if _, err := w.push(id+":"+str(pushing, "client_secret"), params(id)); err != nil {
		t.Fatal(err)
	}
	w.started(str(device, "client_id"))
	id = str(used, "client_id")
	w.code(w.signIn(w.ada), w.visit(id, id+":"+str(used, "client_secret"), params(id)))
	w.pass(25 * time.Hour)
	if n, err := w.RemoveUnused(t.Context()); err != nil || n != 2 {
		t.Fatalf("%d removed, %v", n, err)
	}
	if _, err := w.ClientRecord(t.Context(), id); err != nil {
		t.Errorf("the one that somebody uses: %v", err)
	}
}

// A link with a broken request object is no way past the page that shows where a stranger's link leads.
func TestAttack_AA05_BrokenObjectsOfStrangersAreNotFollowed(t *testing.T) {
	w := newStillWorld(t, openly)
	id := str(w.register(registration()), "client_id")
	w.client(provider.Client{ID: "app"})
	for name, change := range map[string][]string{
		"broken": {"request", "e30.e30."}, "prompt=none beside it": {"request", "e30.e30.", "prompt", "none"},
		"not registered": {"request_uri", "https://a.test/r"}, "both": {"request", "e30.e30.", "request_uri", "https://a.test/r"},
	} {
		for client, want := range map[string]bool{id: true, "app": false} {
			_, err := w.Authorize(t.Context(), params(client, change...), provider.Browser{Binding: "b"})
			if e := provider.AsError(err); e == nil || e.Answer == nil || e.Answer.Unvouched != want {
				t.Errorf("%s of %s: %+v", name, client, e)
			}
		}
	}
}

// A host's redirect URI is easily written into a registration. What comes to the client without passing there must not name people
// as that host knows them.
func TestAttack_AE13_NoSectorIsBorrowed(t *testing.T) {
	w := newStillWorld(t, openly)
	for name, c := range map[string]struct {
		change []any
		taken  bool
	}{
		"a device":                    {[]any{"grant_types", []string{"authorization_code", grantDevice}}, false},
		"a device with public names":  {[]any{"grant_types", []string{"authorization_code", grantDevice}, "subject_type", "public"}, true},
		"a device alone":              {[]any{"grant_types", []string{grantDevice}, "redirect_uris", nil}, true},
		"told elsewhere":              {[]any{"backchannel_logout_uri", "https://elsewhere.test/out"}, false},
		"told on the same host":       {[]any{"backchannel_logout_uri", "https://app.example.test:8443/out"}, true},
		"told, of a sector of itself": {[]any{"application_type", "native", "redirect_uris", []string{"com.example.app:/cb"}, "backchannel_logout_uri", "https://elsewhere.test/out"}, true},
	} {
		_, err := w.tryRegister("", registration(append([]any{"subject_type", "pairwise"}, c.change...)...))
		if c.taken && err != nil || !c.taken && (err == nil || err.OAuth != "invalid_client_metadata") {
			t.Errorf("%s: %v", name, err)
		}
	}
	one := w.register(registration("subject_type", "pairwise"))
	id := str(one, "client_id")
	_, err := w.tryUpdate(id, str(one, "registration_access_token"), registration("client_id", id, "subject_type", "pairwise", "backchannel_logout_uri", "https://elsewhere.test/out"))
	wantOAuth(t, err, 400, "invalid_client_metadata")
}

// Who answers slowly where request objects are does not use up all that goes out at once: a browser brings many along.
func TestAttack_AE09_SlowObjectsLeaveRoom(t *testing.T) {
	w := newStillWorld(t, func(c *provider.Config) {
		c.Outbound = outbound.New(outbound.Config{Timeout: time.Minute, AllowPrivate: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	})
	asked, release := make(chan struct{}), make(chan struct{})
	var uris []string
	for range 5 {
		s := newSite(t)
		s.say("no object")
		s.during = func() { asked <- struct{}{}; <-release }
		uris = append(uris, s.URL+"/r")
	}
	w.client(provider.Client{ID: "app", RequestURIs: uris})
	visit := func(uri string) string {
		_, err := w.Authorize(context.Background(), url.Values{"client_id": {"app"}, "request_uri": {uri}}, provider.Browser{Binding: "b"})
		if e := provider.AsError(err); e != nil {
			return e.Code
		}
		return ""
	}
	codes := make(chan string)
	for i := range 32 {
		go func() { codes <- visit(uris[i%4]) }()
	}
	for range 32 {
		<-asked
	}
	if code := visit(uris[4]); code != "E-REQ-12" {
		t.Errorf("one more: %s", code)
	}
	close(release)
	for range 32 {
		if code := <-codes; code != "E-REQ-10" {
			t.Errorf("one that was fetched: %s", code)
		}
	}
	go func() { <-asked }()
	if code := visit(uris[4]); code != "E-REQ-10" {
		t.Errorf("when there is room again: %s", code)
	}
}
