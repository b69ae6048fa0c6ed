package spelling

import "testing"

func TestNearest(t *testing.T) {
	for word, want := range map[string]string{
		"acess": "access", "ACCESS": "access", "acecss": "access", "idel": "idle", "completely_else": "", "": "",
	} {
		if got := Nearest(word, []string{"access", "idle", "refresh_max"}); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", word, got, want)
		}
	}
}
