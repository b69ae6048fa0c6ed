package provider_test

import (
	"testing"

	"signet/provider"
)

// Port 99999 was registered without a word: the parser of URLs does not mind, and no browser ever gets there.
func TestCheckRedirectPorts(t *testing.T) {
	for uri, good := range map[string]bool{
		"https://app.example.test/cb": true, "https://app.example.test:1/cb": true, "https://app.example.test:65535/cb": true,
		"https://app.example.test:0/cb": false, "https://app.example.test:65536/cb": false, "http://127.0.0.1:99999/cb": false,
	} {
		if err := provider.CheckRedirect(uri); (err == nil) != good {
			t.Errorf("%s: %v, want good %v", uri, err, good)
		}
	}
}

func TestShellWord(t *testing.T) {
	for in, want := range map[string]string{"my-app": "my-app", "a b": "'a b'", "$(x)": "'$(x)'", "it's": `'it'\''s'`, "": "''", "https://a/cb?x=1": "'https://a/cb?x=1'"} {
		if got := provider.ShellWord(in); got != want {
			t.Errorf("%q: got %s, want %s", in, got, want)
		}
	}
}
