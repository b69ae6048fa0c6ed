package account

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"signet/provider/audit"
	"signet/storage"
)

// trailOf lists what is recorded of a person, by kind.
func (w *world) trailOf(t testing.TB, subject string) []string {
	t.Helper()
	list := []string{}
	noErr(t, w.trail.Each(t.Context(), audit.Query{Subject: subject}, func(r audit.Record) error {
		list = append(list, r.Kind)
		if text := string(r.Raw()); strings.Contains(text, "@example") || strings.Contains(text, "argon2") || strings.Contains(text, "herring") {
			t.Errorf("%s says too much: %s", r.Kind, text)
		}
		return nil
	}))
	return list
}

func TestTrail_APersonFromFirstToLast(t *testing.T) {
	w := newWorld(t)
	ctx := audit.WithOrigin(t.Context(), audit.Origin{Actor: audit.Operator})
	ada, err := w.AddPerson(ctx, Person{Username: "ada", Email: "ada@example.org"}, goodPassword)
	noErr(t, err)
	w.begin(t, ada, SignIn{AMR: []string{"pwd"}, Address: "192.0.2.7", Browser: "Firefox"})
	noErr(t, w.SetPassword(ctx, "ada", "another "+goodPassword))
	noErr(t, w.SetDisabled(ctx, "ada", true))
	noErr(t, w.SetDisabled(ctx, "ada", false))
	_, err = w.AddGroup(ctx, Group{Name: "staff"})
	noErr(t, err)
	noErr(t, w.AddMember(ctx, "staff", "ada"))
	noErr(t, w.EndEverything(ctx, "ada"))
	_, err = w.EditPerson(ctx, "ada", func(p *Person) error { return nil })
	noErr(t, err)
	_, err = w.EditPerson(ctx, "ada", func(p *Person) error {
		p.SetEmail("countess@example.org", true)
		p.Name = "Ada"
		return nil
	})
	noErr(t, err)
	signIns := func() (list []audit.Event) {
		noErr(t, w.trail.Each(ctx, audit.Query{Subject: ada.Subject, Kind: "sign-in"}, func(r audit.Record) error {
			list = append(list, r.Event)
			if text := string(r.Raw()); strings.Contains(text, "192.0.2.7") || strings.Contains(text, "Firefox") {
				t.Errorf("not behind the veil: %s", text)
			}
			return nil
		}))
		return list
	}
	if got := signIns(); len(got) != 1 || got[0].Address != "192.0.2.7" || got[0].Agent != "Firefox" {
		t.Errorf("while she is there: %+v", got)
	}
	noErr(t, w.RemovePerson(ctx, "ada"))
	if got := signIns(); len(got) != 1 || got[0].Address != "" || got[0].Agent != "" || len(got[0].Veiled) == 0 {
		t.Errorf("after she was removed: %+v", got)
	}
	want := []string{"person.added", "sign-in", "password.set", "person.disabled", "person.enabled", "person.changed", "sessions.ended",
		"email.changed", "email.verified", "person.changed", "person.removed"}
	if got := w.trailOf(t, ada.Subject); !slices.Equal(got, want) {
		t.Fatalf("recorded %v,\nwant     %v", got, want)
	}
	noErr(t, w.trail.Each(ctx, audit.Query{Subject: ada.Subject}, func(r audit.Record) error {
		switch {
		case r.Kind == "sign-in":
			if r.Actor != "" || r.Facts["amr"] != "pwd" {
				t.Errorf("sign-in: %+v", r.Event)
			}
		case r.Actor != audit.Operator:
			t.Errorf("%s: actor %q", r.Kind, r.Actor)
		}
		return nil
	}))
}

func TestTrail_WhoEndsASession(t *testing.T) {
	w := newWorld(t)
	ada, eve := w.add(t, "ada", goodPassword), w.add(t, "eve", goodPassword)
	_, first := w.begin(t, ada, SignIn{})
	_, second := w.begin(t, ada, SignIn{})
	_, third := w.begin(t, ada, SignIn{})
	ctx := audit.WithOrigin(t.Context(), audit.Origin{Actor: audit.Operator, Address: "192.0.2.1"})
	noErr(t, w.Sessions.EndOne(ctx, ada.Subject, first.SID))
	noErr(t, w.Sessions.EndAll(ctx, ada.Subject, second.SID))
	_ = third
	w.begin(t, eve, SignIn{Replaces: second})
	var ended []audit.Record
	noErr(t, w.trail.Each(ctx, audit.Query{Subject: ada.Subject, Kind: "session.ended"}, func(r audit.Record) error {
		ended = append(ended, r)
		return nil
	}))
	if len(ended) != 3 || ended[0].Actor != audit.Operator || ended[0].Facts["sid"] != first.SID || ended[2].Facts[audit.FactWhy] != "replaced" {
		t.Fatalf("ended %+v", ended)
	}
}

// What was typed as a name may be a password: of nobody's name nothing is kept.
func TestTrail_FailedSignInsAreCounted(t *testing.T) {
	w := newWorld(t)
	ada := w.add(t, "ada", goodPassword)
	sealer := audit.NewSealer(w.trail, nil, "", nil)
	for range 4 {
		_, err := w.Authenticate(t.Context(), "ada", "wrong")
		wantErr(t, err, ErrWrongPassword)
		_, err = w.Authenticate(t.Context(), "my secret pass phrase", "wrong")
		wantErr(t, err, ErrUnknownPerson)
	}
	if got := w.trailOf(t, ada.Subject); !slices.Equal(got, []string{"person.added"}) {
		t.Fatalf("written one by one: %v", got)
	}
	w.clock.advance(time.Minute)
	noErr(t, sealer.WriteCounts(t.Context()))
	count := map[string]int{}
	noErr(t, w.trail.Each(t.Context(), audit.Query{Kind: "sign-in.failed"}, func(r audit.Record) error {
		count[r.Subject+" "+r.Facts[audit.FactWhy]] = r.Count
		if strings.Contains(string(r.Raw()), "phrase") {
			t.Errorf("what was typed is kept: %s", r.Raw())
		}
		return nil
	}))
	if len(count) != 2 || count[ada.Subject+" wrong password"] != 4 || count[" nobody has that name"] != 4 {
		t.Fatalf("counted %v", count)
	}
}

func TestTrail_ConsentsAndGroups(t *testing.T) {
	w := newWorld(t)
	ada := w.add(t, "ada", goodPassword)
	for range 2 { // the second time there is nothing new
		var b storage.Batch
		noErr(t, w.Consents.Remember(t.Context(), &b, Consent{Subject: ada.Subject, ClientID: "shop", Scopes: []string{"openid"}}))
		w.apply(t, &b)
	}
	noErr(t, w.WithdrawConsent(t.Context(), ada.Subject, "shop"))
	if err := w.WithdrawConsent(t.Context(), ada.Subject, "shop"); !errors.Is(err, ErrNoConsent) {
		t.Fatal(err)
	}
	if got := w.trailOf(t, ada.Subject); !slices.Equal(got, []string{"person.added", "consent.given", "consent.withdrawn"}) {
		t.Fatalf("recorded %v", got)
	}
}

// What happens to factors is recorded once, with who did it and from where.
func TestTrail_Factors(t *testing.T) {
	w, _, ada := mailedWorld(t)
	ctx := audit.WithOrigin(t.Context(), audit.Origin{Address: "192.0.2.7", Agent: "Firefox"})
	where := map[string]string{"address": "192.0.2.7", "browser": "Firefox"}
	secret, err := w.NewTOTPSecret()
	noErr(t, err)
	var b storage.Batch
	noErr(t, w.SetTOTP(ctx, &b, ada, secret, totpCode(secret, w.unix()/totpStep), true, where))
	w.apply(t, &b)
	codes := w.codes(t, ada)
	b = storage.Batch{}
	noErr(t, w.UseRecoveryCode(ctx, &b, ada, codes[0], where))
	w.apply(t, &b)
	noErr(t, w.ResetFactors(audit.WithOrigin(t.Context(), audit.Origin{Actor: audit.Operator}), "ada"))
	var got []string
	noErr(t, w.trail.Each(t.Context(), audit.Query{Subject: ada.Subject}, func(r audit.Record) error {
		if strings.HasPrefix(r.Kind, "factor") || strings.HasPrefix(r.Kind, "recovery") || strings.HasPrefix(r.Kind, "sessions") {
			got = append(got, r.Kind+" "+r.Facts["factor"]+" "+r.Actor+" "+r.Address+" "+r.Agent)
		}
		return nil
	}))
	want := []string{
		"factor.added totp  192.0.2.7 Firefox", "recovery.code   192.0.2.7 Firefox", "factor.removed all operator  ", "sessions.ended  operator  ",
	}
	if !slices.Equal(got, want) {
		t.Errorf("recorded %q,\nwant     %q", got, want)
	}
}

func TestTrail_Imports(t *testing.T) {
	w := newWorld(t)
	w.add(t, "taken", "")
	ctx := audit.WithOrigin(t.Context(), audit.Origin{Actor: audit.Operator})
	people := []Person{{Username: "one"}, {Username: "two"}, {Username: "taken"}}
	for _, dry := range []bool{true, false} {
		_, err := w.Import(ctx, people, nil, dry)
		noErr(t, err)
	}
	var got []string
	noErr(t, w.trail.Each(t.Context(), audit.Query{}, func(r audit.Record) error {
		got = append(got, r.Kind+" "+r.Facts["people"]+" "+r.Actor)
		return nil
	}))
	slices.Sort(got)
	if want := []string{"data.imported 2 operator", "person.added  ", "person.added  operator", "person.added  operator"}; !slices.Equal(got, want) {
		t.Errorf("recorded %q", got)
	}
}
