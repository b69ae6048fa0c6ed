package config

import (
	"math"
	"strconv"
	"time"
)

// Words are texts by language (BCP 47); a text for all languages stands under the empty name.
type Words map[string]string

// parseWords takes a text, or a table of texts.
func parseWords(raw any) (any, bool) {
	switch v := raw.(type) {
	case string:
		return Words{"": v}, v != ""
	case map[string]any:
		words := Words{}
		for name, item := range v {
			text, ok := item.(string)
			if !ok || text == "" || name == "" {
				return nil, false
			}
			words[name] = text
		}
		return words, len(words) > 0
	}
	return nil, false
}

func plainWords(v any) any {
	words := v.(Words)
	if len(words) == 0 {
		return nil
	}
	if text, all := words[""]; all {
		return text
	}
	return plainTable(words)
}

func plainTable[T any](values map[string]T) map[string]any {
	plain := map[string]any{}
	for name, value := range values {
		plain[name] = value
	}
	return plain
}

// Bound is a number or a date, as it is written.
type Bound string

func parseBound(raw any) (any, bool) {
	switch v := raw.(type) {
	case string:
		return Bound(v), true
	case int64:
		return Bound(strconv.FormatInt(v, 10)), true
	case float64:
		return Bound(strconv.FormatFloat(v, 'f', -1, 64)), !math.IsNaN(v) && !math.IsInf(v, 0)
	case time.Time:
		return Bound(v.Format(time.DateOnly)), true
	}
	return nil, false
}

// Values are texts, numbers, truths and lists of texts by name.
type Values map[string]any

func parseValues(raw any) (any, bool) {
	table, ok := raw.(map[string]any)
	if !ok {
		return nil, false
	}
	values := Values{}
	for name, item := range table {
		switch v := item.(type) {
		case string, int64, float64, bool:
			values[name] = v
		case time.Time:
			values[name] = v.Format(time.DateOnly)
		default:
			list, ok := parseList(item)
			if !ok {
				return nil, false
			}
			values[name] = list
		}
	}
	return values, true
}

func plainValues(v any) any {
	if values := v.(Values); len(values) > 0 {
		return plainTable(values)
	}
	return nil
}
