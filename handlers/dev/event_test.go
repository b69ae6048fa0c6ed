package dev

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"signet/provider"
)

// Whatever a request says, no token and nothing that a terminal obeys is told of it.
func TestEvent_HoldsNothingDangerous(t *testing.T) {
	const token = "sat_Addw7Z7w7kkPkM5-jvUp3NOuSgg1npMOEm2NpIEAV"
	const jwt = "eyJhbGciOiJSUzI1NiIsImtpZCI6InJzIn0.eyJpc3MiOiJodHRwOi8vbG9jYWxob3N0In0.c2lnbmF0dXJl"
	for _, hostile := range []string{
		token, "sac_" + token[4:], "srt_" + token[4:], jwt, "prompt=" + token + "&x", "http://localhost/?code=" + jwt,
		"\x1b[2J\x1b]0;title\a", "a\r\nb", "\u202eexe.doc", "\x9b31m", "\xff\xfe", "tab\tand\x00zero", strings.Repeat("long", 1000),
	} {
		refusal := refuse("E-REQ-01")
		refusal.Got, refusal.Allowed, refusal.Fix = hostile, hostile, hostile
		e := fromProvider(provider.Event{Kind: "refused", Client: hostile, Name: hostile, Text: hostile, Refusal: refusal}, nil, DefaultData)
		all := strings.Join(append(e.Allowed, e.Client, e.Name, e.Text, e.Got, e.Fix), "|")
		for _, no := range []string{token[4:], "c2lnbmF0dXJl", "\x1b", "\a", "\r", "\n", "\u202e", "\u009b", "\t", "\x00"} {
			if strings.Contains(all, no) {
				t.Errorf("%q: %q is told: %q", hostile, no, all)
			}
		}
		if strings.ToValidUTF8(all, "") != all || len(e.Got) > maxText+10 {
			t.Errorf("%q: %d bytes, valid %v", hostile, len(e.Got), strings.ToValidUTF8(all, "") == all)
		}
	}
}

// What is to be copied into a shell is one word there, wherever it came from.
func TestEvent_FixesAreQuoted(t *testing.T) {
	refusal := refuse("E-REDIR-01")
	refusal.ClientID, refusal.Got, refusal.Allowed = "it's;reboot", "http://localhost/$(reboot)", "http://localhost/cb"
	got := refusalOf(refusal, "my data").Fix
	want := `signet client edit 'it'\''s;reboot' --add-redirect 'http://localhost/$(reboot)' --data 'my data'`
	if got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	refusal.Allowed = strings.Join(anyLoopback, " ")
	if got := refusalOf(refusal, DefaultData).Fix; !strings.Contains(got, "signet client add") {
		t.Errorf("a made-up client cannot be edited: %s", got)
	}
	refusal.Got = "http://app.example.test/cb"
	if got := refusalOf(refusal, DefaultData).Fix; strings.Contains(got, "signet") {
		t.Errorf("what cannot be registered is to be registered: %s", got)
	}
	if refusal.Allowed = ""; strings.Contains(refusalOf(refusal, DefaultData).Fix, "signet") {
		t.Errorf("the same for a registered client: %s", refusalOf(refusal, DefaultData).Fix)
	}
	other := refuse("E-SCOPE-01")
	other.Fix = "signet client edit my-app --add-scope jobs"
	if got := refusalOf(other, DefaultData).Fix; got != other.Fix+" --data .signet-dev" {
		t.Errorf("%s", got)
	}
	if got := refusalOf(refuse("E-GRANT-01"), DefaultData); got.Fix != got.remedy() {
		t.Errorf("%s", got.Fix)
	}
}

func (r *Refusal) remedy() string {
	e, _ := provider.Lookup(r.Code)
	return e.Remedy
}

func TestEvent_At(t *testing.T) {
	for path, want := range map[string]string{
		"/authorize": "authorize", "/login": "sign-in", "/select": "sign-in", "/consent": "consent", "/logout": "sign-out",
		"/token": "token", "/userinfo": "userinfo", "/revoke": "revoke", "/introspect": "introspect", "/par": "push", "/": "request", "/elsewhere/login": "request",
	} {
		if got := at(&visit{path: path}); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

// The journal keeps the last events; who reads too slowly holds nobody up and learns that something is missing.
func TestJournal(t *testing.T) {
	j := newJournal(func() time.Time { return consoleTime }, DefaultData)
	const all = queuedEvents + 500
	for i := range all {
		j.Observe(context.Background(), provider.Event{Kind: "token", Text: string(rune('a' + i%26)), Time: consoleTime})
	}
	if got := len(j.Last(keptEvents + 10)); got != keptEvents {
		t.Errorf("%d events kept, want %d", got, keptEvents)
	}
	if got, want := j.Last(1)[0].Text, string(rune('a'+(all-1)%26)); got != want {
		t.Errorf("the last is %q, want %q", got, want)
	}
	for range 100 {
		<-j.Follow()
	}
	j.Warn("now")
	j.Close()
	j.Close()
	j.Tell("clock", "after the end")
	var rest []Event
	for e := range j.Follow() {
		rest = append(rest, e)
	}
	lost := rest[len(rest)-2]
	if diff := cmp.Diff(Event{Kind: "lost", Time: consoleTime, Text: "500 events came too fast"}, lost); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if last := rest[len(rest)-1]; last.Kind != "warning" || last.Text != "now" {
		t.Errorf("%+v", last)
	}
	if got := j.Last(1)[0]; got.Kind != "clock" {
		t.Errorf("a warning is kept, or what comes after the end is not: %+v", got)
	}
}
