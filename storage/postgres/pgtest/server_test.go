package pgtest_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"signet/storage/postgres/pgtest"
)

func query(t *testing.T, url, sql string) (answer string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if err := conn.QueryRow(t.Context(), sql).Scan(&answer); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return answer
}

func TestKillAndRestart(t *testing.T) {
	s := pgtest.StartOwn(t, pgtest.Options{Fsync: true, Settings: []string{"work_mem=5MB"}})
	url, err := s.CreateDatabase(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	query(t, url, "SELECT lo_create(4711)::text")
	if err := s.Kill(); err != nil {
		t.Fatal(err)
	}
	if _, err := pgx.Connect(t.Context(), url); err == nil {
		t.Fatal("a killed server answers")
	}
	if err := s.Restart(); err != nil {
		t.Fatal(err)
	}
	if got := query(t, url, "SELECT count(*)::text FROM pg_largeobject_metadata WHERE oid = 4711"); got != "1" {
		t.Error("what was written is gone after the restart")
	}
	for setting, want := range map[string]string{"fsync": "on", "work_mem": "5MB"} {
		if got := query(t, url, "SHOW "+setting); got != want {
			t.Errorf("%s is %s, want %s", setting, got, want)
		}
	}
}

func TestStartGivesEachItsOwn(t *testing.T) {
	one, two := pgtest.Start(t), pgtest.Start(t)
	query(t, one, "SELECT current_database()::text")
	if a, b := query(t, one, "SELECT current_database()::text"), query(t, two, "SELECT current_database()::text"); a == b {
		t.Errorf("both tests have database %s", a)
	}
	if got := query(t, one, "SHOW fsync"); got != "off" {
		t.Errorf("fsync is %s", got)
	}
}

// TestEndsWithTheProcess starts a server in another process and kills that one.
func TestEndsWithTheProcess(t *testing.T) {
	if os.Getenv("PGTEST_ABANDON") != "" {
		abandon(t)
	}
	pgtest.Start(t)
	cmd := exec.Command(os.Args[0], "-test.run=^TestEndsWithTheProcess$")
	cmd.Env = append(os.Environ(), "PGTEST_ABANDON=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	url, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	url = strings.TrimSpace(url)
	dir := query(t, url, "SHOW data_directory")
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	for limit := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		_, err := os.Stat(dir)
		if os.IsNotExist(err) {
			return
		}
		if time.Now().After(limit) {
			t.Fatalf("%s is still there (%v)", dir, err)
		}
	}
}

// abandon starts a server, says where it is, and waits to be killed.
func abandon(t *testing.T) {
	s, err := pgtest.StartServer(pgtest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println(s.URL("postgres"))
	select {}
}

// TestNotInstalled checks that a missing server is said loudly, and is no reason to skip where tests must run.
func TestNotInstalled(t *testing.T) {
	for ci, want := range map[string]string{"": "SKIP", "true": "FAIL"} {
		cmd := exec.Command(os.Args[0], "-test.run=^TestMissing$", "-test.v")
		cmd.Env = append(os.Environ(), "PGTEST_MISSING=1", "CI="+ci)
		out, _ := cmd.CombinedOutput()
		if !strings.Contains(string(out), "--- "+want) || !strings.Contains(string(out), "apt-get install postgresql") {
			t.Errorf("CI=%q: want %s, got %s", ci, want, out)
		}
	}
}

// TestMissing is run by TestNotInstalled, in a process of its own; elsewhere it has nothing to do.
func TestMissing(t *testing.T) {
	if os.Getenv("PGTEST_MISSING") == "" {
		return
	}
	pgtest.Require(t, fmt.Errorf("start: %w", pgtest.ErrNotInstalled))
}
