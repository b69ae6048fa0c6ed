package config

import (
	"encoding/json"
	"net/netip"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// kind is what there is to know about one Go type of setting.
type kind struct {
	name    string // as the reference calls it
	allowed string // what may stand there, in words
	example string // in TOML
	// parse turns what the TOML decoder gives (string, int64, bool, []any, map) into the Go value.
	parse func(raw any) (any, bool)
	// raw turns the text of an environment variable or flag into what the TOML decoder would give; nil leaves the text.
	raw func(text string) any
	// plain turns the Go value into what JSON and TOML can write; nil means "not set".
	plain func(v any) any
}

var kinds = map[reflect.Type]kind{
	reflect.TypeFor[string](): {
		name: "text", allowed: "text", example: `"…"`,
		parse: func(raw any) (any, bool) { return as[string](raw) },
		plain: func(v any) any { return unlessZero(v.(string)) },
	},
	reflect.TypeFor[bool](): {
		name: "yes or no", allowed: "true or false", example: "true",
		parse: func(raw any) (any, bool) { return as[bool](raw) },
		raw:   rawBool,
		plain: func(v any) any { return v },
	},
	reflect.TypeFor[*bool](): {
		name: "yes or no", allowed: "true or false", example: "true",
		parse: parseOptional, raw: rawBool, plain: plainOptional,
	},
	reflect.TypeFor[int](): {
		name: "number", allowed: "a whole number", example: "2",
		parse: parseInt, raw: rawInt,
		plain: func(v any) any { return v },
	},
	reflect.TypeFor[[]string](): {
		name: "list", allowed: "a list of texts", example: `["…"]`,
		parse: parseList, raw: rawList, plain: plainList,
	},
	reflect.TypeFor[map[string]string](): {
		name: "table of texts", allowed: "a table of texts", example: `{ name = "…" }`,
		parse: parseTexts, plain: plainTexts,
	},
	reflect.TypeFor[[]netip.Prefix](): {
		name: "list of networks", allowed: "a list of networks or addresses", example: `["10.0.0.0/8"]`,
		parse: parsePrefixes, raw: rawList, plain: plainPrefixes,
	},
	reflect.TypeFor[time.Duration](): {
		name: "duration", allowed: "a duration with its unit (s, m, h, d)", example: `"15m"`,
		parse: func(raw any) (any, bool) { return parseText(orZero(raw), ParseDuration) },
		plain: func(v any) any { return FormatDuration(v.(time.Duration)) },
	},
	reflect.TypeFor[*time.Duration](): {
		name: "duration", allowed: "a duration with its unit (s, m, h, d)", example: `"1h"`,
		parse: parseOptionalDuration, plain: plainOptionalDuration,
	},
	reflect.TypeFor[Size](): {
		name: "size", allowed: "a size with its unit (KiB, MiB, GiB)", example: `"64KiB"`,
		parse: func(raw any) (any, bool) { return parseText(raw, ParseSize) },
		plain: func(v any) any { return v.(Size).String() },
	},
	reflect.TypeFor[Rate](): {
		name: "rate", allowed: "a number per time, or off", example: `"10/15m"`,
		parse: func(raw any) (any, bool) { return parseText(raw, ParseRate) },
		plain: func(v any) any { return v.(Rate).String() },
	},
	reflect.TypeFor[Words](): {
		name: "text or texts by language", allowed: "a text, or texts by language", example: `{ en = "…", de = "…" }`,
		parse: parseWords, plain: plainWords,
	},
	reflect.TypeFor[Bound](): {
		name: "number or date", allowed: "a number, or a date such as 2026-01-31", example: "18",
		parse: parseBound,
		plain: func(v any) any { return unlessZero(string(v.(Bound))) },
	},
	reflect.TypeFor[Values](): {
		name: "values by name", allowed: "texts, numbers, true or false, and lists of texts, by name", example: `{ plan = "…" }`,
		parse: parseValues, plain: plainValues,
	},
	reflect.TypeFor[Secret](): {
		name: "secret", allowed: "a text, { file = … } or { env = … }", example: `{ file = "/path/of/the/secret" }`,
		parse: parseSecret,
		plain: func(v any) any { return v.(Secret).plain() },
	},
}

func as[T any](raw any) (any, bool) {
	v, ok := raw.(T)
	return v, ok
}

func parseText[T any](raw any, parse func(string) (T, bool)) (any, bool) {
	s, ok := raw.(string)
	if !ok {
		return nil, false
	}
	return parse(s)
}

// orZero lets a bare 0 stand for a duration: it needs no unit.
func orZero(raw any) any {
	if raw == int64(0) {
		return "0s"
	}
	return raw
}

func unlessZero(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func parseOptional(raw any) (any, bool) {
	b, ok := raw.(bool)
	return &b, ok
}

func plainOptional(v any) any {
	if b := v.(*bool); b != nil {
		return *b
	}
	return nil
}

func parseOptionalDuration(raw any) (any, bool) {
	v, ok := parseText(orZero(raw), ParseDuration)
	if !ok {
		return nil, false
	}
	d := v.(time.Duration)
	return &d, true
}

func plainOptionalDuration(v any) any {
	if d := v.(*time.Duration); d != nil {
		return FormatDuration(*d)
	}
	return nil
}

func parseInt(raw any) (any, bool) {
	n, ok := raw.(int64)
	return int(n), ok && int64(int(n)) == n
}

func parseList(raw any) (any, bool) {
	items, ok := raw.([]any)
	list := make([]string, len(items))
	for i, item := range items {
		s, isText := item.(string)
		list[i], ok = s, ok && isText && s != ""
	}
	return list, ok
}

func plainList(v any) any {
	if list := v.([]string); list != nil {
		return list
	}
	return nil
}

func parseTexts(raw any) (any, bool) {
	members, ok := raw.(map[string]any)
	table := make(map[string]string, len(members))
	for name, member := range members {
		text, isText := member.(string)
		table[name], ok = text, ok && isText && name != ""
	}
	return table, ok
}

func plainTexts(v any) any {
	table := v.(map[string]string)
	if len(table) == 0 {
		return nil
	}
	members := make(map[string]any, len(table))
	for name, text := range table {
		members[name] = text
	}
	return members
}

func parsePrefixes(raw any) (any, bool) {
	list, ok := parseList(raw)
	if !ok {
		return nil, false
	}
	var prefixes []netip.Prefix
	for _, s := range list.([]string) {
		p, ok := parsePrefix(s)
		if !ok {
			return nil, false
		}
		prefixes = append(prefixes, p)
	}
	return prefixes, true
}

// parsePrefix reads a network, or an address as the network of it alone.
func parsePrefix(s string) (netip.Prefix, bool) {
	if addr, err := netip.ParseAddr(s); err == nil {
		addr = addr.Unmap().WithZone("")
		return netip.PrefixFrom(addr, addr.BitLen()), true
	}
	p, err := netip.ParsePrefix(s)
	return p.Masked(), err == nil
}

func plainPrefixes(v any) any {
	prefixes := v.([]netip.Prefix)
	list := make([]string, len(prefixes))
	for i, p := range prefixes {
		list[i] = p.String()
	}
	return list
}

// parseSecret reads the three spellings of a secret; load resolves the last two.
func parseSecret(raw any) (any, bool) {
	switch v := raw.(type) {
	case string:
		return Secret{value: v}, v != "" && v != hidden
	case map[string]any:
		file, isFile := v["file"].(string)
		env, isEnv := v["env"].(string)
		return Secret{file: file, env: env}, len(v) == 1 && (isFile && file != "" || isEnv && env != "")
	}
	return nil, false
}

func rawBool(text string) any {
	if text == "true" || text == "false" {
		return text == "true"
	}
	return text
}

func rawInt(text string) any {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n
	}
	return text
}

// rawList reads a JSON list, or texts separated by commas.
func rawList(text string) any {
	var items []any
	if strings.HasPrefix(text, "[") {
		if json.Unmarshal([]byte(text), &items) != nil {
			return text
		}
		return items
	}
	for item := range strings.SplitSeq(text, ",") {
		items = append(items, strings.TrimSpace(item))
	}
	return items
}
