package dev

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"signet/provider"
)

// Event is something that happened, as the console, the page and /dev/api/events tell it. It holds no secret and no token.
type Event struct {
	// Kind is that of a provider.Event, or ready, clock, failure, person, warning or lost.
	Kind string    `json:"event"`
	Time time.Time `json:"time"`
	// At is where a refusal or a failure came from: authorize, token, sign-in …
	At string `json:"at,omitempty"`
	// Client is a client_id, Subject a person's sub and Name their user name.
	Client  string `json:"client,omitempty"`
	Subject string `json:"sub,omitempty"`
	Name    string `json:"name,omitempty"`
	Text    string `json:"text,omitempty"`
	// Trace is the reference of the request, the one in the log and on error pages.
	Trace string `json:"trace,omitempty"`
	*Refusal
}

// Refusal is what a refused event says beside: see provider.Error.
type Refusal struct {
	Code    string   `json:"code"`
	Error   string   `json:"error"`
	What    string   `json:"what"`
	Got     string   `json:"got,omitempty"`
	Allowed []string `json:"allowed,omitempty"`
	Fix     string   `json:"fix,omitempty"`
	More    string   `json:"more"`
}

// who is the one an event is about: the place of a failure, the person who comes or goes, or the client.
func (e *Event) who() string {
	if e.Kind == "failure" {
		return e.At
	}
	if e.Kind == "sign-in" || e.Kind == "sign-out" || e.Client == "" {
		return e.Name
	}
	return e.Client
}

// fromProvider takes over an event. data is the directory that commands have to name.
func fromProvider(e provider.Event, v *visit, data string) Event {
	out := Event{
		Kind: e.Kind, Time: e.Time, Client: clean(e.Client), Subject: e.Subject, Name: clean(e.Name), Text: clean(e.Text), Trace: e.Trace,
	}
	if e.Refusal != nil {
		out.At, out.Refusal = at(v), refusalOf(e.Refusal, data)
	}
	return out
}

// at names the place of a refusal as the kinds of events name places.
func at(v *visit) string {
	if v == nil {
		return "request"
	}
	switch name := strings.TrimPrefix(v.path, "/"); name {
	case "par":
		return "push"
	case "login", "select":
		return "sign-in"
	case "logout":
		return "sign-out"
	case "device_authorization", "device", "device/consent":
		return "device"
	case "authorize", "consent", "token", "introspect", "revoke", "userinfo":
		return name
	}
	return "request"
}

func refusalOf(e *provider.Error, data string) *Refusal {
	r := &Refusal{
		Code: e.Code, Error: e.OAuth, What: e.Description, Got: clean(e.Got), Fix: clean(fixOf(e, data)), More: "signet explain " + e.Code,
	}
	for word := range strings.FieldsSeq(e.Allowed) {
		r.Allowed = append(r.Allowed, clean(word))
	}
	return r
}

// fixOf is the refusal's own fix, with what development mode knows better: where the data are, and that a made-up client has
// no record to edit.
func fixOf(e *provider.Error, data string) string {
	if e.Code == "E-REDIR-01" {
		return redirectFix(e, data)
	}
	if strings.HasPrefix(e.Fix, "signet client ") {
		return e.Fix + " --data " + provider.ShellWord(data)
	}
	if e.Fix == "" {
		return e.Remedy
	}
	return e.Fix
}

// redirectFix does not advise to register what cannot be registered.
func redirectFix(e *provider.Error, data string) string {
	madeUp := strings.Fields(e.Allowed + " -")[0] == anyLoopback[0]
	possible := provider.CheckRedirect(e.Got) == nil
	switch {
	case madeUp && possible:
		return "use an address on this machine, or register the client: signet client add " + provider.ShellWord(e.ClientID) + " --redirect " + provider.ShellWord(e.Got) + " --data " + provider.ShellWord(data)
	case madeUp:
		return "use an address on this machine, with any port and path"
	case possible:
		return "signet client edit " + provider.ShellWord(e.ClientID) + " --add-redirect " + provider.ShellWord(e.Got) + " --data " + provider.ShellWord(data)
	}
	return "use https, or http on this machine"
}

// secrets are what must not be told, should it stand where no secret belongs: our codes and tokens, and JWTs.
var secrets = []*regexp.Regexp{
	regexp.MustCompile(`\bs(ac|at|rt|dc)_[A-Za-z0-9_-]{8,}`),
	regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{4,}(\.[A-Za-z0-9_-]*){1,4}`),
}

// maxText bounds what is told of a request's own words, in bytes.
const maxText = 500

// clean makes words of a request fit to be told: no token, no control character that a terminal obeys, no end.
func clean(s string) string {
	for _, secret := range secrets {
		s = secret.ReplaceAllString(s, "[hidden]")
	}
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 || slices.Contains(turning, r) {
			return '\ufffd'
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
	if len(s) > maxText {
		s = strings.ToValidUTF8(s[:maxText], "") + "…"
	}
	return s
}

// turning are characters that turn the direction of the text around them, or end a line.
var turning = []rune{
	'\u061c', '\u200e', '\u200f', '\u2028', '\u2029', '\u202a', '\u202b', '\u202c', '\u202d', '\u202e', '\u2066', '\u2067', '\u2068', '\u2069',
}
