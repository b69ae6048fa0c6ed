package cli

import (
	"io"
	"log/slog"

	"signet/cli/config"
)

// newLog writes records to w as the configuration says. The level can be changed while it is used.
func newLog(c config.Log, w io.Writer, level *slog.LevelVar) *slog.Logger {
	setLevel(level, c)
	opts := &slog.HandlerOptions{Level: level}
	if c.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, opts))
	}
	return slog.New(slog.NewTextHandler(w, opts))
}

func setLevel(level *slog.LevelVar, c config.Log) {
	var l slog.Level
	if l.UnmarshalText([]byte(c.Level)) == nil {
		level.Set(l)
	}
}
