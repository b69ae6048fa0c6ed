package upstream

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
)

// path leads into a JSON document: names of members, and places in lists.
type path []string

var errPath = errors.New("upstream: not a path")

// parsePath reads a.b.c, a[0].b and claims['a:b']. A leading "claims" before a bracket or a dot stands for the document.
func parsePath(text string) (path, error) {
	var p path
	rest := text
	for rest != "" {
		step, after, err := cutStep(rest)
		if err != nil {
			return nil, err
		}
		p, rest = append(p, step), after
		if inner, ok := strings.CutPrefix(after, "."); ok {
			if rest = inner; rest == "" || rest[0] == '[' {
				return nil, errPath
			}
		}
	}
	if len(p) > 1 && p[0] == "claims" {
		p = p[1:]
	}
	if len(p) == 0 || len(p) > 16 {
		return nil, errPath
	}
	return p, nil
}

// cutStep takes the first step off.
func cutStep(text string) (step, rest string, err error) {
	if inner, ok := strings.CutPrefix(text, "["); ok {
		return cutBracket(inner)
	}
	end := strings.IndexAny(text, ".[")
	if end < 0 {
		return text, "", nil
	}
	if end == 0 {
		return "", "", errPath
	}
	return text[:end], text[end:], nil
}

// cutBracket reads ['name'] or [0], whose opening is gone.
func cutBracket(text string) (step, rest string, err error) {
	if len(text) > 0 && (text[0] == '\'' || text[0] == '"') {
		end := strings.Index(text[1:], text[:1]+"]")
		if end < 1 {
			return "", "", errPath
		}
		return text[1 : 1+end], text[1+end+2:], nil
	}
	step, rest, ok := strings.Cut(text, "]")
	if _, err := strconv.ParseUint(step, 10, 16); !ok || err != nil {
		return "", "", errPath
	}
	return step, rest, nil
}

// in returns what the path leads to, or nil.
func (p path) in(document any) any {
	at := document
	for _, step := range p {
		switch v := at.(type) {
		case map[string]any:
			at = v[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(v) {
				return nil
			}
			at = v[i]
		default:
			return nil
		}
	}
	return at
}

// find parses and follows a path of a source that was checked.
func find(document map[string]any, text string) any {
	p, err := parsePath(text)
	if err != nil {
		return nil
	}
	return p.in(document)
}

// textOf is a string or a whole number as text; anything else is none. Numbers keep their digits: a document is read with
// json.Number.
func textOf(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		if _, err := strconv.ParseUint(v.String(), 10, 64); err == nil {
			return v.String()
		}
	}
	return ""
}
