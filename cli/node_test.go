package cli

import (
	"bytes"
	"log/slog"
	"path/filepath"
	"testing"
	"time"
)

// TestKeys_ByCommandOnly lets ten years pass: with keys.period = 0 the keys are those of the beginning.
func TestKeys_ByCommandOnly(t *testing.T) {
	for period, rotates := range map[string]bool{"0": false, "90d": true} {
		p := &program{dataDir: filepath.Join(t.TempDir(), "data"), overrides: []string{"keys.period=" + period}}
		cfg, err := p.load()
		if err != nil {
			t.Fatal(err)
		}
		keys := map[int][]byte{}
		for years := range 11 {
			n, err := openNode(t.Context(), cfg, slog.New(slog.DiscardHandler), parts{clock: func() time.Time { return time.Now().AddDate(years, 0, 0) }})
			if err != nil {
				t.Fatal(err)
			}
			if err := n.ring.Tick(t.Context()); err != nil {
				t.Fatal(err)
			}
			keys[years] = n.ring.JWKS().Body
			n.close()
		}
		if got := !bytes.Equal(keys[0], keys[10]); got != rotates {
			t.Errorf("period %s: rotated %v", period, got)
		}
	}
}
