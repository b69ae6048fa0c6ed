package keys

import (
	"fmt"
	"io"
	"log/slog"
)

const hidden = "[hidden]"

// Secret is a string that is never printed: fmt with any verb, slog and JSON show "[hidden]". Reveal returns the string.
type Secret string

// Reveal returns the secret itself. Each call is a place to look at in a review.
func (s Secret) Reveal() string { return string(s) }

// String returns "[hidden]".
func (s Secret) String() string { return hidden }

// Format prints "[hidden]" for every verb; %x and %#v would pass String by.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// LogValue is what slog shows.
func (s Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText is what JSON and other encoders show. Reading a Secret from text works as for any string.
func (s Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }
