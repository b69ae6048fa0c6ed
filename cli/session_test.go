package cli

import (
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"signet/cli/config"
	"signet/provider/account"
	"signet/provider/courier"
	"signet/provider/logout"
	"signet/storage"
)

// beginSessions begins sessions of a person on a data directory where no server runs, and returns their SIDs.
func beginSessions(t *testing.T, dir, username string, count int) (sids []string) {
	t.Helper()
	c := config.Default()
	c.Storage.DataDir = dir
	n, err := openNode(t.Context(), c, slog.New(slog.DiscardHandler), parts{migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	defer n.close()
	p, err := n.accounts.FindPerson(t.Context(), username)
	if err != nil {
		t.Fatal(err)
	}
	for range count {
		var b storage.Batch
		_, s, err := n.accounts.Sessions.Begin(&b, p, account.SignIn{Browser: "Firefox", Address: "192.0.2.7"})
		if err == nil {
			err = n.db.Apply(t.Context(), b)
		}
		if err != nil {
			t.Fatal(err)
		}
		sids = append(sids, s.SID)
	}
	return sids
}

func TestSessionsOnTheCommandLine(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	ok(t, "--data", dir, "user", "add", "ada")
	sids := beginSessions(t, dir, "ada", 3)
	shown := func() (n int) {
		out := ok(t, "--data", dir, "session", "list", "ada")
		for _, sid := range sids {
			if strings.Contains(out, sid) && strings.Contains(out, "192.0.2.7") && strings.Contains(out, "Firefox") {
				n++
			}
		}
		return n
	}
	if got := shown(); got != 3 {
		t.Fatalf("%d sessions", got)
	}
	ok(t, "--data", dir, "session", "end", "ada", "--sid", sids[0])
	fails(t, exitFailed, "session", "--data", dir, "session", "end", "ada", "--sid", sids[0])
	fails(t, exitUsage, "leave --sid out", "--data", dir, "session", "end", "ada", "--sid", sids[1], "--everything")
	fails(t, exitFailed, "person", "--data", dir, "session", "end", "nobody")
	if got := shown(); got != 2 {
		t.Errorf("%d sessions after one was ended", got)
	}
	ok(t, "--data", dir, "session", "end", "ada")
	if got := shown(); got != 0 {
		t.Errorf("%d sessions after all were ended", got)
	}
	epoch := epochOf(t, dir)
	ok(t, "--data", dir, "session", "end", "ada", "--everything")
	if epochOf(t, dir) == epoch {
		t.Error("everything is as good as before")
	}
}

func epochOf(t *testing.T, dir string) string {
	t.Helper()
	for line := range strings.Lines(ok(t, "--data", dir, "--format", "json", "user", "show", "ada")) {
		if strings.Contains(line, `"epoch"`) {
			return line
		}
	}
	t.Fatal("no epoch")
	return ""
}

func TestDeliveriesOnTheCommandLine(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	ok(t, "--data", dir, "client", "add", "app", "--redirect", "https://app.example.test/cb")
	if out := ok(t, "--data", dir, "client", "deliveries", "app"); !strings.Contains(out, "waiting       0") || !strings.Contains(out, "last failure  none") {
		t.Errorf("none: %s", out)
	}
	fails(t, exitFailed, "not found", "--data", dir, "client", "deliveries", "nobody")
	var out strings.Builder
	p := &program{out: &out, format: "text"}
	if err := p.showDeliveries(logout.State{
		Waiting: []logout.Delivery{{SID: "the-sid", State: courier.State{Attempts: 3, Due: 1_800_000_000, Problem: "status 502"}}}, More: true,
		LastSuccess: &logout.Outcome{At: 1_700_000_000}, LastFailure: &logout.Outcome{At: 1_790_000_000, Attempts: 3, Problem: "status 400", GivenUp: true},
	}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"more than 1", "2023-11-14T22:13:20Z", "status 400, given up after 3 attempts", "the-sid", "status 502", "2027-01-15T08:00:00Z"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}
