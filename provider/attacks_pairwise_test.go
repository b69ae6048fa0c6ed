package provider_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"signet/provider"
	"signet/provider/account"
)

// pair are two addresses of one relying party each, on a host of its own.
const (
	hereCallback  = "https://here.example.test/cb"
	thereCallback = "https://there.example.test/cb"
)

// pairwiseWorld has clients that know people by pairwise names, of two hosts.
func pairwiseWorld(t *testing.T) *world {
	w := newStillWorld(t, reaching)
	for id, uri := range map[string]string{"here": hereCallback, "here2": "https://here.example.test/other", "there": thereCallback} {
		w.client(provider.Client{ID: id, FirstParty: true, SubjectType: "pairwise", RedirectURIs: []string{uri}, AuthMethod: "none", AccessToken: "jwt"})
	}
	w.client(provider.Client{ID: "open", FirstParty: true, AuthMethod: "none", AccessToken: "jwt"})
	return w
}

// login is a whole login for a public client at its own address.
func (w *world) login(b provider.Browser, id string, change ...string) map[string]any {
	w.t.Helper()
	record, err := w.ClientRecord(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	form := codeForm(w.code(b, params(id, append(change, "redirect_uri", record.RedirectURIs[0])...)))
	form.Set("redirect_uri", record.RedirectURIs[0])
	form.Set("client_id", id)
	answer, e := w.token("", form)
	if e != nil {
		w.t.Fatal(e)
	}
	return answer
}

func TestAttack_AE13_SubjectsAreOfOneSector(t *testing.T) {
	w := pairwiseWorld(t)
	b := w.signIn(w.ada)
	subs, sids := map[string]string{}, map[string]string{}
	for _, id := range []string{"here", "here2", "there", "open"} {
		answer := w.login(b, id)
		claims := w.claimsOf(answer["id_token"])
		subs[id], sids[id] = str(claims, "sub"), str(claims, "sid")
		info, e := w.userInfo(answer["access_token"])
		if e != nil || info["sub"] != subs[id] {
			t.Errorf("%s: userinfo says %v, the ID token %s (%v)", id, info["sub"], subs[id], e)
		}
		if access := w.claimsOf(answer["access_token"]); access["sub"] != subs[id] {
			t.Errorf("%s: the access token says %v", id, access["sub"])
		}
		// What goes out holds neither the person's own subject nor their session's own name.
		if id != "open" {
			for _, secret := range []string{w.ada.Subject, b.Session.SID} {
				if strings.Contains(asJSON(claims)+asJSON(w.claimsOf(answer["access_token"]))+asJSON(info), secret) {
					t.Errorf("%s is told %s", id, secret)
				}
			}
		}
	}
	if subs["open"] != w.ada.Subject || sids["open"] != b.Session.SID {
		t.Errorf("public: %s, %s", subs["open"], sids["open"])
	}
	if subs["here"] != subs["here2"] || sids["here"] != sids["here2"] {
		t.Errorf("clients of one sector: %v %v", subs, sids)
	}
	if subs["here"] == subs["there"] || subs["here"] == subs["open"] || sids["here"] == sids["there"] || sids["here"] == sids["open"] || !strings.HasPrefix(subs["here"], "u_") || len(subs["here"]) != 45 {
		t.Errorf("clients of two sectors: %v %v", subs, sids)
	}
	// The same for ever: at another login, on another node, and another for another person.
	w.pass(1 << 40)
	again := w.node(w.tap, reaching)
	if sub := str(again.claimsOf(again.login(again.signIn(w.ada), "here")["id_token"]), "sub"); sub != subs["here"] {
		t.Errorf("later %s, before %s", sub, subs["here"])
	}
	grace, err := w.accounts.AddPerson(t.Context(), account.Person{Username: "grace"}, "")
	if err != nil {
		t.Fatal(err)
	}
	if sub := str(w.claimsOf(w.login(w.signIn(grace), "here")["id_token"]), "sub"); sub == subs["here"] {
		t.Error("two people have one name")
	}
}

// Whoever introspects, sub is the person as the token's client knows them, without the user name.
func TestAttack_AE13_IntrospectionKeepsSubjectsApart(t *testing.T) {
	w := newStillWorld(t, nil)
	here := "here:" + w.client(provider.Client{ID: "here", FirstParty: true, SubjectType: "pairwise", AccessToken: "opaque", Audience: []string{"api"}})
	all := "all:" + w.client(provider.Client{ID: "all", IntrospectAll: true, SubjectType: "pairwise", RedirectURIs: []string{thereCallback}})
	answer := w.redeem(here, params("here", "scope", "openid offline_access"))
	want := str(w.claimsOf(answer["id_token"]), "sub")
	for _, auth := range []string{here, all} {
		reply, err := w.Introspect(t.Context(), post(auth, url.Values{"token": {str(answer, "access_token")}}))
		if err != nil || reply.Members["sub"] != want || reply.Members["username"] != nil || want == w.ada.Subject {
			t.Errorf("%v, %v, want %s", reply.Members, err, want)
		}
	}
	reply, err := w.Introspect(t.Context(), post(here, url.Values{"token": {str(answer, "refresh_token")}}))
	if err != nil || reply.Members["sub"] != want {
		t.Errorf("%v, %v", reply.Members, err)
	}
	// A client that acts for itself is known by its own name.
	w.client(provider.Client{ID: "svc", SubjectType: "pairwise", AccessToken: "jwt", GrantTypes: []string{"client_credentials"}, AuthMethod: "private_key_jwt", JWKS: newAssertionKey(t).jwks})
	refreshed, e := w.token(here, refreshForm(answer["refresh_token"]))
	if e != nil || str(w.claimsOf(refreshed["id_token"]), "sub") != want {
		t.Errorf("after a refresh: %v", e)
	}
}

// A hint is compared with how the client knows the person.
func TestAttack_AE13_HintsAreOfTheClient(t *testing.T) {
	w := pairwiseWorld(t)
	b := w.signIn(w.ada)
	here, there := str(w.login(b, "here"), "id_token"), str(w.login(b, "there"), "id_token")
	none := func(change ...string) error {
		_, err := w.Authorize(t.Context(), params("here", append(change, "redirect_uri", hereCallback, "prompt", "none")...), b)
		return err
	}
	if err := none("id_token_hint", here); err != nil {
		t.Error(err)
	}
	if err := none("id_token_hint", there); err == nil {
		t.Error("another client's ID token is taken")
	}
	if err := none("claims", `{"id_token":{"sub":{"value":"`+str(w.claimsOf(here), "sub")+`"}}}`); err != nil {
		t.Error(err)
	}
	for _, sub := range []string{str(w.claimsOf(there), "sub"), w.ada.Subject} {
		wantCode(t, none("claims", `{"id_token":{"sub":{"value":"`+sub+`"}}}`), "E-PROMPT-01")
	}
}

// Those who are told of the end of a session are told by the names that they know.
func TestAttack_AE13_SignOutKeepsNamesApart(t *testing.T) {
	w := newStillWorld(t, reachesLoopback)
	rp := listen(t)
	for id, uri := range map[string]string{"here": hereCallback, "there": thereCallback} {
		w.client(provider.Client{ID: id, FirstParty: true, SubjectType: "pairwise", RedirectURIs: []string{uri}, AuthMethod: "none", BackchannelLogoutURI: rp.URL + "/" + id,
			BackchannelLogoutSession: true, FrontchannelLogoutURI: strings.TrimSuffix(uri, "cb") + "out", FrontchannelLogoutSession: true, PostLogoutRedirectURIs: []string{uri}})
	}
	b := w.signIn(w.ada)
	tokens := map[string]string{"here": str(w.login(b, "here"), "id_token"), "there": str(w.login(b, "there"), "id_token")}
	e, err := w.EndSessionRequest(t.Context(), url.Values{"id_token_hint": {tokens["here"]}, "post_logout_redirect_uri": {hereCallback}, "logout_hint": {str(w.claimsOf(tokens["here"]), "sub")}}, b)
	if err != nil || !e.Sure || e.To() != hereCallback {
		t.Errorf("%+v, %v", e, err)
	}
	e, err = w.EndSessionRequest(t.Context(), url.Values{"id_token_hint": {tokens["here"]}, "logout_hint": {str(w.claimsOf(tokens["there"]), "sub")}}, b)
	if err != nil || e.Sure {
		t.Errorf("another client's name: %+v, %v", e, err)
	}
	out := w.end(b)
	for _, id := range []string{"here", "there"} {
		sid := str(w.claimsOf(tokens[id]), "sid")
		if !slices.ContainsFunc(out.Frames, func(f string) bool {
			return strings.Contains(f, id) && strings.Contains(f, "sid="+url.QueryEscape(sid))
		}) {
			t.Errorf("%s is not told of %s: %v", id, sid, out.Frames)
		}
	}
	if strings.Contains(strings.Join(out.Frames, " "), b.Session.SID) {
		t.Error("the session's own name is told")
	}
	told := 0
	for _, form := range rp.heard() {
		claims := w.claimsOf(form.Get("logout_token"))
		id := w.claimsOf(tokens[str(claims, "aud")])
		if claims["sub"] != id["sub"] || claims["sid"] != id["sid"] {
			t.Errorf("%v, the ID token %v", claims, id)
		}
		told++
	}
	if told != 2 {
		t.Errorf("%d were told", told)
	}
}

func TestAttack_AE13_SectorsListTheirAddresses(t *testing.T) {
	w, s := newStillWorld(t, openly), newSite(t)
	other := "https://other.example.test/cb"
	both := registration("redirect_uris", []string{callback, other}, "sector_identifier_uri", s.URL+"/list")
	for what, c := range map[string]struct {
		body string
		good bool
	}{
		"both":            {asJSON([]string{other, callback, "https://third.example.test/"}), true},
		"one":             {asJSON([]string{callback}), false},
		"none":            {"[]", false},
		"another case":    {asJSON([]string{strings.ToUpper(callback), other}), false},
		"a part":          {asJSON([]string{callback + "/", other}), false},
		"an object":       {asJSON(map[string]any{"redirect_uris": []string{callback, other}}), false},
		"a text":          {asJSON(callback + " " + other), false},
		"null":            {"null", false},
		"not texts":       {`[1,2]`, false},
		"no JSON":         {"<html>", false},
		"too much":        {asJSON([]string{callback, other, strings.Repeat("a", 64<<10)}), false},
		"something after": {asJSON([]string{callback, other}) + "x", false},
	} {
		s.say(c.body)
		for _, kind := range []string{"pairwise", "public"} {
			both["subject_type"] = kind
			_, err := w.tryRegister("", both)
			if (err == nil) != c.good || err != nil && err.OAuth != "invalid_client_metadata" {
				t.Errorf("%s: %v", what, err)
			}
			if err != nil && strings.Contains(err.Description, "example") {
				t.Errorf("what was fetched is told: %s", err.Description)
			}
		}
	}
	s.fail(http.StatusNotFound)
	_, err := w.tryRegister("", both)
	wantOAuth(t, err, 400, "invalid_client_metadata")
	for _, uri := range []string{"https://10.0.0.1/list", "http://app.example.test/list", "file:///etc/passwd", "x"} {
		both["sector_identifier_uri"] = uri
		_, err := w.tryRegister("", both)
		wantOAuth(t, err, 400, "invalid_client_metadata")
	}
	// A change is judged like a registration: a client does not slip into a sector later.
	answer := w.register(registration())
	s.say(asJSON([]string{other}))
	_, err = w.tryUpdate(str(answer, "client_id"), str(answer, "registration_access_token"),
		registration("client_id", answer["client_id"], "subject_type", "pairwise", "sector_identifier_uri", s.URL))
	wantOAuth(t, err, 400, "invalid_client_metadata")
}

// Without a list the addresses must be of one host; an address of another host, and be it useless, is refused.
func TestAttack_AE13_SectorWithoutList(t *testing.T) {
	w := newStillWorld(t, openly)
	for _, uris := range [][]string{
		{callback, thereCallback}, {callback, "https://localhost/cb"}, {callback, "http://127.0.0.1/cb"}, {callback, "https://app.example.test.evil.test/"},
	} {
		_, err := w.tryRegister("", registration("subject_type", "pairwise", "redirect_uris", uris))
		wantOAuth(t, err, 400, "invalid_client_metadata")
	}
	_, err := w.tryRegister("", registration("subject_type", "pairwise", "application_type", "native", "redirect_uris", []string{callback, "com.example.app:/cb"}))
	wantOAuth(t, err, 400, "invalid_client_metadata")
	w.register(registration("subject_type", "pairwise", "redirect_uris", []string{callback, "https://APP.example.test:8443/other"}))
	// Apps on devices have no host: each is a sector of itself.
	subs := map[string]bool{}
	for _, id := range []string{"app1", "app2"} {
		w.client(provider.Client{ID: id, SubjectType: "pairwise", AuthMethod: "none", RedirectURIs: []string{"com.example.app:/cb", "http://127.0.0.1/cb"}})
		b := w.signIn(w.ada)
		out, err := w.Authorize(t.Context(), params(id, "redirect_uri", "com.example.app:/cb"), b)
		if err != nil {
			t.Fatal(err)
		}
		sealed, err := w.Consent(t.Context(), out.Step.Request, b, true, false)
		if err == nil {
			out, err = w.Resume(t.Context(), sealed, b)
		}
		if err != nil {
			t.Fatal(err)
		}
		form := codeForm(out.Answer.Params.Get("code"))
		form.Set("redirect_uri", "com.example.app:/cb")
		form.Set("client_id", id)
		answer, e := w.token("", form)
		if e != nil {
			t.Fatal(e)
		}
		subs[str(w.claimsOf(answer["id_token"]), "sub")] = true
	}
	if len(subs) != 2 {
		t.Errorf("%v", subs)
	}
}

// The list is what makes clients of two hosts one sector.
func TestSectorIsTheHostOfItsList(t *testing.T) {
	w := newStillWorld(t, nil)
	subs := map[string]string{}
	for id, c := range map[string]provider.Client{
		"a": {RedirectURIs: []string{hereCallback}, SectorIdentifierURI: "https://sector.example.test/list"},
		"b": {RedirectURIs: []string{thereCallback}, SectorIdentifierURI: "https://SECTOR.example.test/other-list"},
		"c": {RedirectURIs: []string{thereCallback}},
	} {
		c.ID, c.FirstParty, c.SubjectType, c.AuthMethod = id, true, "pairwise", "none"
		w.client(c)
		subs[id] = str(w.claimsOf(w.login(w.signIn(w.ada), id)["id_token"]), "sub")
	}
	if subs["a"] != subs["b"] || subs["a"] == subs["c"] {
		t.Errorf("%v", subs)
	}
	// When a client comes to know people by other names, what it was given by the old ones stops.
	answer := w.login(w.signIn(w.ada), "c")
	if err := w.EditClient(t.Context(), "c", func(c *provider.Client) error { c.SubjectType = "public"; return nil }); err != nil {
		t.Fatal(err)
	}
	if _, e := w.userInfo(answer["access_token"]); e == nil {
		t.Error("a token lives on")
	}
}
