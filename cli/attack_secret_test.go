package cli

import (
	"path/filepath"
	"strings"
	"testing"
)

// What commands say when the database cannot be reached, or its address cannot be read, does not have its password (A-P08).
func TestAttack_AP08_ErrorsHideThePassword(t *testing.T) {
	const password = "hunter2-0123456789"
	for name, url := range map[string]string{
		"nobody answers": "postgres://signet:" + password + "@127.0.0.1:1/signet?connect_timeout=2", "not an address": "postgres://signet:" + password + "@[::1/signet",
		"escapes": "postgres://signet:" + password + "%zz@127.0.0.1/signet", "port": "postgres://signet:" + password + "@127.0.0.1:nonsense/signet", "words": "host=127.0.0.1 port=x password=" + password,
		"option": "postgres://signet:" + password + "@127.0.0.1:1/signet?sslmode=nonsense",
	} {
		file := writeFile(t, url+"\n")
		for _, command := range [][]string{{"serve"}, {"user", "list"}, {"db", "migrate"}, {"config", "show", "--sources"}, {"config", "check"}} {
			args := append([]string{"--data", filepath.Join(t.TempDir(), "data"), "--set", "storage.engine=postgres", "--set", "storage.url_file=" + file, "--set", "server.listen=127.0.0.1:0"}, command...)
			code, out, errs := run(t, "", args...)
			if strings.Contains(out+errs, password) || command[0] != "config" && (code == exitDone || errs == "") {
				t.Errorf("%s: signet %s: exit %d: %s%s", name, strings.Join(command, " "), code, out, errs)
			}
		}
	}
}
