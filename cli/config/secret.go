package config

import (
	"fmt"
	"io"
	"log/slog"
)

// hidden stands wherever a secret would be printed.
const hidden = "[hidden]"

// Secret is a value that is never printed. In the file it stands as a string, as { file = "/path" } or as { env = "NAME" }.
// The zero Secret is not set.
type Secret struct {
	value, file, env string
}

// NewSecret makes a secret of a value known to the program.
func NewSecret(value string) Secret { return Secret{value: value} }

// Reveal returns the secret itself: of a file, its contents without one newline at the end. It is empty if none is set.
func (s Secret) Reveal() string { return s.value }

// IsSet tells whether there is a secret.
func (s Secret) IsSet() bool { return s.value != "" }

// File returns the path of the file that holds the secret, or "".
func (s Secret) File() string { return s.file }

// String returns "[hidden]", or "" if no secret is set.
func (s Secret) String() string {
	if !s.IsSet() {
		return ""
	}
	return hidden
}

// Format writes what String returns, whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// LogValue keeps the secret out of logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText keeps the secret out of JSON and TOML. Its error is always nil.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// plain is the secret as a configuration shows it: where it comes from, or that it is hidden.
func (s Secret) plain() any {
	switch {
	case s.file != "":
		return map[string]any{"file": s.file}
	case s.env != "":
		return map[string]any{"env": s.env}
	case s.IsSet():
		return hidden
	}
	return nil
}
