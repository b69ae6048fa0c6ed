package cli

import (
	"crypto/sha1"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"signet/provider/account"
)

// What was in a breach, and what is little more than the provider's name, nobody chooses; another file can be named at a reload, and
// one that is no list changes nothing.
func TestAttack_AH08_BreachedAndOwnWords(t *testing.T) {
	write := func(text string) string {
		path := filepath.Join(t.TempDir(), "breached")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	section := func(path string) string {
		return "name = \"House of Lamps\"\nissuer = \"https://id.lanterns.test\"\n[passwords]\nmemory = \"8MiB\"\ntime = 1\nbreached = \"" + path + "\"\n"
	}
	r := newReloading(t, section(write(fmt.Sprintf("%X:12\n", sha1.Sum([]byte("three blue kettles"))))))
	reason := func(password string) string {
		var weak *account.PasswordError
		if err := r.node.Load().accounts.CheckPassword(&account.Person{Username: "ada"}, password); errors.As(err, &weak) {
			return weak.Reason
		}
		return ""
	}
	for password, want := range map[string]string{"three blue kettles": "breached", "three red kettles": "", "HouseOfLamps2026": "product", "lanterns!99": "product"} {
		if got := reason(password); got != want {
			t.Errorf("%s: %q, want %q", password, got, want)
		}
	}
	r.read(section(write("nothing of the kind\n")))
	if got := reason("three blue kettles"); got != "breached" {
		t.Errorf("after a bad reload: %q", got)
	}
	r.read(section(write(fmt.Sprintf("%x\n", sha1.Sum([]byte("three red kettles"))))))
	if reason("three blue kettles") != "" || reason("three red kettles") != "breached" {
		t.Error("the file of before is in force")
	}
}
