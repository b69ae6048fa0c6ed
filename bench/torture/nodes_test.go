package torture

import (
	"crypto/rand"
	"fmt"
	mathrand "math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"signet/keys"
	"signet/storage/postgres/pgtest"
)

// nodes are three servers of one provider on one PostgreSQL, with one master key. The issuer's address is that of the first,
// as if a balancer stood there.
func nodes(t *testing.T, url string) []*server {
	t.Helper()
	master, err := keys.GenerateMaster(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "master.key")
	if err := os.WriteFile(path, master.Encode(), 0o600); err != nil {
		t.Fatal(err)
	}
	storage := fmt.Sprintf("engine = \"postgres\"\nurl = %q\nmaster_key = { file = %q }", url, path)
	first := newServer(t, "", storage)
	return []*server{first, newServer(t, first.issuer, storage), newServer(t, first.issuer, storage)}
}

// TestKillOneOfThreeNodes kills one of three nodes under load; the other two go on, and know all that it acknowledged.
func TestKillOneOfThreeNodes(t *testing.T) {
	all := nodes(t, pgtest.Start(t))
	var wg sync.WaitGroup
	for _, s := range all {
		wg.Go(func() { s.start() })
	}
	wg.Wait()
	jar := all[0].signIn()
	l := &ledger{}
	total := kills(t, 30)
	for round := range total {
		victim := all[mathrand.IntN(len(all))]
		load(all, l, jar, victim, time.Duration(20+mathrand.IntN(200))*time.Millisecond)
		witness := all[round%len(all)]
		if witness == victim {
			witness = all[(round+1)%len(all)]
		}
		l.check(t, witness)
		victim.start()
		if t.Failed() {
			t.Fatalf("victim's log:\n%s\nwitness's log:\n%s", victim.log, witness.log)
		}
	}
	t.Logf("%d kills, %d acknowledged writes, none lost", total, l.acked)
	if l.acked < total {
		t.Errorf("only %d writes in %d rounds: the load is no load", l.acked, total)
	}
}
