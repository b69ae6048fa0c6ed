package handlers

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"testing"

	"signet/provider"
)

// What somebody outside can bring about as often as they like is no error of the server, and is logged by a measure.
func TestLevelOf(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		want slog.Level
	}{
		"bad request": {refuse("E-REQ-01"), slog.LevelInfo},
		"hung up":     {fmt.Errorf("storage: get: %w", context.Canceled), slog.LevelInfo},
		"busy":        {refuse("E-SERVER-02"), slog.LevelWarn},
		"slow":        {fmt.Errorf("storage: get: %w", context.DeadlineExceeded), slog.LevelWarn},
		"fault":       {fmt.Errorf("something else"), slog.LevelError},
	} {
		if got := levelOf(explain(c.err)); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	if e := (&provider.Error{Entry: provider.Entry{Status: http.StatusInternalServerError}}); levelOf(e) != slog.LevelError {
		t.Error("a fault without a cause")
	}
}
