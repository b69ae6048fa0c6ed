package cli

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/binary"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"signet/cli/config"
	"signet/storage"
)

// giveApp gives a person an authenticator app, on a data directory where no server runs.
func giveApp(t *testing.T, dir, username string) {
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
	secret := []byte("12345678901234567890")
	mac := hmac.New(sha1.New, secret)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(time.Now().Unix()/30)))
	sum := mac.Sum(nil)
	code := fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[sum[19]&15:])&0x7fffffff%1_000_000)
	var b storage.Batch
	if err := n.accounts.SetTOTP(t.Context(), &b, p, secret, code, true, nil); err != nil {
		t.Fatal(err)
	}
	if err := n.db.Apply(t.Context(), b); err != nil {
		t.Fatal(err)
	}
}

// An operator sees what somebody proves who they are with, no secret in it, and takes it away.
func TestFactorsOnTheCommandLine(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	ok(t, "--data", dir, "user", "add", "ada")
	giveApp(t, dir, "ada")
	out := ok(t, "--data", dir, "user", "factors", "ada")
	if !strings.Contains(out, "totp") || strings.Contains(out, "1234567890") {
		t.Fatalf("%s", out)
	}
	epoch := epochOf(t, dir)
	ok(t, "--data", dir, "user", "reset-factors", "ada")
	if out := ok(t, "--data", dir, "user", "factors", "ada"); strings.Contains(out, "totp") || epochOf(t, dir) == epoch {
		t.Errorf("after the reset: %s", out)
	}
	fails(t, exitFailed, "person", "--data", dir, "user", "reset-factors", "nobody")
}
