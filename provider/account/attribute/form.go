package attribute

import (
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Limits of values, in characters; of a URL in bytes.
const (
	maxLine  = 256
	maxText  = 1024
	maxURL   = 2048
	maxLines = 50
	// maxValues is how many bytes all values of a person may take: they travel in tokens, and people are kept in memory.
	maxValues = 32 << 10
	// maxNumber is what every reader of JSON reads exactly (RFC 8259 §6).
	maxNumber = 1<<53 - 1
)

// Line tells a text of one line, of at most so many characters. It may be empty.
func Line(s string, most int) bool { return Printable(s, most) && !strings.ContainsRune(s, '\n') }

// Printable refuses control characters, and those that turn the direction of the text around them.
func Printable(s string, most int) bool {
	if !utf8.ValidString(s) || utf8.RuneCountInString(s) > most {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return r != '\n' && unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)
	})
}

// WebURL tells an address that may become a link on a page.
func WebURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && len(s) <= maxURL && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil
}

// isDay tells a day of the calendar, YYYY-MM-DD.
func isDay(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}
