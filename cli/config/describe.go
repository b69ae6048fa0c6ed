package config

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// maxShown is how much of a wrong value is repeated.
const maxShown = 80

// describe shows a wrong value, shortened and safe for a terminal.
func describe(raw any) string {
	switch v := raw.(type) {
	case string:
		return shorten(v)
	case int64, float64, bool:
		return fmt.Sprint(v)
	case time.Time:
		return "a date"
	case []any:
		return describeList(v)
	case []map[string]any:
		return "a list of sections"
	}
	return "a section"
}

// describeSecret names the type alone.
func describeSecret(raw any) string {
	switch v := raw.(type) {
	case string:
		if v == "" || v == hidden {
			return shorten(v)
		}
		return "a text"
	case int64, float64:
		return "a number"
	case bool:
		return "true or false"
	case map[string]any:
		return "a table with " + strings.Join(sortedKeys(v), " and ")
	}
	return "something else"
}

func describeList(items []any) string {
	shown := make([]string, 0, len(items))
	for _, item := range items[:min(len(items), 4)] {
		shown = append(shown, describe(item))
	}
	if len(items) > 4 {
		shown = append(shown, "…")
	}
	return "[" + strings.Join(shown, ", ") + "]"
}

func shorten(s string) string {
	if runes := []rune(s); len(runes) > maxShown {
		s = string(runes[:maxShown]) + "…"
	}
	return strconv.Quote(s)
}
