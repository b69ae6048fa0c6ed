package dev

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"signet/provider"
)

var consoleTime = time.Date(2026, 11, 20, 12, 4, 31, 0, time.UTC)

func sampleStatus() Status {
	return Status{
		Version: "0.1.0", Issuer: "http://localhost:8080", Discovery: "http://localhost:8080/.well-known/openid-configuration",
		Page: "http://localhost:8080/dev", Playground: "http://localhost:8080/playground", Data: DefaultData, Kept: true, Process: 4121,
		Now: consoleTime,
		People: []PersonNote{
			{"ada", "ada@example.test", "groups admins, staff"}, {"grace", "grace@example.test", "groups staff"},
			{"linus", "linus@example.test", "e-mail not verified"}, {"mary", "mary@example.test", "disabled"},
		},
	}
}

// sampleEvents are those of a sign-in, and of a request with a redirect URI that is not registered.
func sampleEvents() []Event {
	refusal := refuse("E-REDIR-01")
	refusal.Got, refusal.Allowed, refusal.ClientID = "http://localhost:3000/cb", "http://localhost:3000/callback", "my-app"
	at := func(seconds int, e provider.Event, path string) Event {
		e.Time = consoleTime.Add(time.Duration(seconds) * time.Second)
		return fromProvider(e, &visit{path: path}, DefaultData)
	}
	return []Event{
		at(21, provider.Event{Kind: "sign-in", Client: "my-app", Subject: "u_1", Name: "ada", Text: "password skipped", Trace: "7f3c0001"}, "/login"),
		at(22, provider.Event{Kind: "authorize", Client: "my-app", Name: "ada", Text: "openid email → code", Trace: "7f3c0002"}, "/authorize"),
		at(22, provider.Event{Kind: "token", Client: "my-app", Text: "authorization_code → access, id", Trace: "7f3c0003"}, "/token"),
		at(23, provider.Event{Kind: "introspect", Client: "an-app-with-a-long-name", Text: "active", Trace: "7f3c0004"}, "/introspect"),
		at(39, provider.Event{Kind: "refused", Client: "my-app", Refusal: refusal, Trace: "9a100005"}, "/authorize"),
		{Kind: "clock", Time: consoleTime.Add(40 * time.Second), Text: "forward 15m0s, now 2026-11-20T12:20:11Z"},
		{Kind: "failure", Time: consoleTime.Add(41 * time.Second), At: "token", Text: "invalid_grant, as ordered"},
		{Kind: "warning", Time: consoleTime.Add(60 * time.Second), Text: "EXPOSED at 0.0.0.0:8080: whoever can reach it can sign in as anybody"},
	}
}

const golden = `
  signet 0.1.0   development mode — never expose this to a network

  Open first     http://localhost:8080/playground
  Issuer         http://localhost:8080
  Discovery      http://localhost:8080/.well-known/openid-configuration

  People         ada    ada@example.test     groups admins, staff
                 grace  grace@example.test   groups staff
                 linus  linus@example.test   e-mail not verified
                 mary   mary@example.test    disabled
                 Pick a name on the sign-in page, or use the password: dev

  Your app       issuer         http://localhost:8080
                 client_id      any name          (created on first use)
                 client_secret  any value, or none with PKCE
                 redirect_uri   any http://localhost:* or http://127.0.0.1:*

  Next           signet dev status -o env          prints this block for scripts
                 data in ./.signet-dev (kept)      signet dev --fresh starts over

  12:04:31  ready in 58 ms. Ctrl-C stops.
  12:04:52  sign-in    ada        password skipped                          t=7f3c0001
  12:04:53  authorize  my-app     openid email → code                       t=7f3c0002
  12:04:53  token      my-app     authorization_code → access, id           t=7f3c0003
  12:04:54  introspect  an-app-with-a-long-name  active                                    t=7f3c0004
  12:05:10  authorize  my-app     REFUSED  E-REDIR-01                       t=9a100005
            redirect_uri is not registered for this client
              got      http://localhost:3000/cb
              allowed  http://localhost:3000/callback
              fix      signet client edit my-app --add-redirect http://localhost:3000/cb --data .signet-dev
              more     signet explain E-REDIR-01
  12:05:11  clock                 forward 15m0s, now 2026-11-20T12:20:11Z
  12:05:12  failure    token      invalid_grant, as ordered
  12:05:31  EXPOSED at 0.0.0.0:8080: whoever can reach it can sign in as anybody
`

func tell(t *testing.T, c *Console) {
	t.Helper()
	if err := c.Ready(sampleStatus(), 58*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	for _, e := range sampleEvents() {
		if err := c.Event(e); err != nil {
			t.Fatal(err)
		}
	}
}

func TestConsole_Text(t *testing.T) {
	var out bytes.Buffer
	tell(t, &Console{Out: &out, Zone: time.UTC})
	if diff := cmp.Diff(golden, out.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// Colours mark what was refused and what is dangerous, and change nothing else.
func TestConsole_Color(t *testing.T) {
	var out bytes.Buffer
	tell(t, &Console{Out: &out, Zone: time.UTC, Color: true})
	red, plain := "\x1b[1;31m", "\x1b[0m"
	for _, want := range []string{red + "REFUSED" + plain + "  E-REDIR-01", red + "EXPOSED at"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	if diff := cmp.Diff(golden, strings.NewReplacer(red, "", plain, "").Replace(out.String())); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestConsole_JSON(t *testing.T) {
	var out bytes.Buffer
	tell(t, &Console{Out: &out, JSON: true, Color: true})
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	var kinds []string
	for _, line := range lines {
		var e map[string]any
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		kind, _ := e["event"].(string)
		kinds = append(kinds, kind)
	}
	want := []string{"ready", "sign-in", "authorize", "token", "introspect", "refused", "clock", "failure", "warning"}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for i, want := range map[int]string{
		0: `{"event":"ready","time":"2026-11-20T12:04:31Z","version":"0.1.0","issuer":"http://localhost:8080","discovery":"http://localhost:8080/.well-known/openid-configuration","playground":"http://localhost:8080/playground"`,
		1: `{"event":"sign-in","time":"2026-11-20T12:04:52Z","client":"my-app","sub":"u_1","name":"ada","text":"password skipped","trace":"7f3c0001"}`,
		5: `{"event":"refused","time":"2026-11-20T12:05:10Z","at":"authorize","client":"my-app","trace":"9a100005","code":"E-REDIR-01","error":"invalid_request","what":"redirect_uri is not registered for this client","got":"http://localhost:3000/cb","allowed":["http://localhost:3000/callback"],"fix":"signet client edit my-app --add-redirect http://localhost:3000/cb --data .signet-dev","more":"signet explain E-REDIR-01"}`,
	} {
		if !strings.HasPrefix(lines[i], want) {
			t.Errorf("line %d:\n%s\nwant\n%s", i, lines[i], want)
		}
	}
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestConsole_BrokenPipe(t *testing.T) {
	for _, c := range []*Console{{Out: brokenPipe{}}, {Out: brokenPipe{}, JSON: true}} {
		if c.Ready(sampleStatus(), 0) == nil || c.Event(sampleEvents()[0]) == nil || c.Event(sampleEvents()[4]) == nil {
			t.Error("an error was swallowed")
		}
	}
}

func TestStatus_Env(t *testing.T) {
	var out bytes.Buffer
	s := sampleStatus()
	if err := s.WriteEnv(&out); err != nil {
		t.Fatal(err)
	}
	want := "ISSUER=http://localhost:8080\nDISCOVERY=http://localhost:8080/.well-known/openid-configuration\nCLIENT_ID=my-app\nCLIENT_SECRET=any\n"
	if out.String() != want {
		t.Errorf("%s", out.String())
	}
	out.Reset()
	s.Strict = true
	if err := s.WriteEnv(&out); err != nil || strings.Contains(out.String(), "CLIENT") {
		t.Errorf("strict: %v\n%s", err, out.String())
	}
}

// What is not so is not said.
func TestStatus_Variants(t *testing.T) {
	s := sampleStatus()
	s.Playground, s.Kept, s.Data, s.Strict, s.Exposed, s.More = "", false, "/tmp/a b", true, "0.0.0.0:8080", true
	var out bytes.Buffer
	if err := s.WriteBlock(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"Open first     http://localhost:8080/dev\n", "Exposed        0.0.0.0:8080\n", "and more\n", "signet client add --data '/tmp/a b'\n",
		"status -o env --data '/tmp/a b'", "data in /tmp/a b (removed in the end)\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	for _, no := range []string{"playground", "any value", "--fresh"} {
		if strings.Contains(out.String(), no) {
			t.Errorf("%q in\n%s", no, out.String())
		}
	}
}
