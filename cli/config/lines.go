package config

import (
	"strconv"
	"strings"
)

// lineIndex finds the line of every key in a TOML document that has been parsed already; the decoder does not tell. The
// second [[client]]'s id is "client[2].id". Keys of inline tables have no line of their own.
func lineIndex(doc string) map[string]int {
	s := &scanner{doc: strings.TrimPrefix(doc, "\uFEFF"), line: 1, lines: map[string]int{}, counts: map[string]int{}}
	for s.skipBlank(); s.pos < len(s.doc); s.skipBlank() {
		if s.doc[s.pos] == '[' {
			s.header()
		} else {
			s.setting()
		}
	}
	return s.lines
}

type scanner struct {
	doc    string
	pos    int
	line   int
	table  string         // key of the table that the last header opened, "" or ending in a dot
	lines  map[string]int // key → line
	counts map[string]int // list → objects so far
}

func (s *scanner) note(key string) {
	if _, seen := s.lines[key]; !seen {
		s.lines[key] = s.line
	}
}

// skipBlank goes to the next byte that is neither space, line end nor comment.
func (s *scanner) skipBlank() {
	for s.pos < len(s.doc) {
		switch s.doc[s.pos] {
		case '\n':
			s.line++
		case ' ', '\t', '\r':
		case '#':
			s.toLineEnd()
			continue
		default:
			return
		}
		s.pos++
	}
}

func (s *scanner) toLineEnd() {
	if n := strings.IndexByte(s.doc[s.pos:], '\n'); n >= 0 {
		s.pos += n
	} else {
		s.pos = len(s.doc)
	}
}

// header reads [table] or [[list]].
func (s *scanner) header() {
	list := strings.HasPrefix(s.doc[s.pos:], "[[")
	for s.pos < len(s.doc) && s.doc[s.pos] == '[' {
		s.pos++
	}
	key := s.key(']')
	if list {
		s.counts[key]++
		key = element(key, s.counts[key])
	} else {
		key = s.withinLists(key)
	}
	s.note(key)
	s.table = key + "."
	s.toLineEnd()
}

// element names the nth object of a list, counted from 1.
func element(list string, n int) string { return list + "[" + strconv.Itoa(n) + "]" }

// withinLists makes client.x of a header after [[client]] a part of its last object.
func (s *scanner) withinLists(key string) string {
	first, rest, found := strings.Cut(key, ".")
	if n := s.counts[first]; found && n > 0 {
		return element(first, n) + "." + rest
	}
	return key
}

// setting reads key = value.
func (s *scanner) setting() {
	key := s.table
	for part := range strings.SplitSeq(s.key('='), ".") {
		key += part
		s.note(key)
		key += "."
	}
	s.pos = min(s.pos+1, len(s.doc))
	s.value()
}

// key reads up to the end byte, which it leaves. Parts are joined with dots, quotes taken off.
func (s *scanner) key(end byte) string {
	var b strings.Builder
	for s.pos < len(s.doc) {
		switch c := s.doc[s.pos]; c {
		case end, '\n':
			return b.String()
		case '"', '\'':
			start := s.pos
			s.quoted()
			b.WriteString(strings.Trim(s.doc[start:s.pos], string(c)))
			continue
		case ' ', '\t':
		default:
			b.WriteByte(c)
		}
		s.pos++
	}
	return b.String()
}

// value goes to the end of the line on which the value ends.
func (s *scanner) value() {
	depth := 0
	for s.pos < len(s.doc) {
		switch s.doc[s.pos] {
		case '"', '\'':
			s.quoted()
			continue
		case '#':
			s.toLineEnd()
			continue
		case '[', '{':
			depth++
		case ']', '}':
			depth--
		case '\n':
			if depth <= 0 {
				return
			}
			s.line++
		}
		s.pos++
	}
}

// quoted goes past a string of any of the four kinds.
func (s *scanner) quoted() {
	quote := s.doc[s.pos : s.pos+1]
	escapes := quote == `"`
	if strings.HasPrefix(s.doc[s.pos:], strings.Repeat(quote, 3)) {
		quote = strings.Repeat(quote, 3)
	}
	s.pos += len(quote)
	for s.pos < len(s.doc) {
		switch {
		case escapes && s.doc[s.pos] == '\\':
			s.pos++
			if s.pos < len(s.doc) && s.doc[s.pos] == '\n' {
				s.line++
			}
		case strings.HasPrefix(s.doc[s.pos:], quote):
			s.closeQuote(quote)
			return
		case s.doc[s.pos] == '\n':
			s.line++
		}
		s.pos++
	}
	s.pos = min(s.pos, len(s.doc))
}

// closeQuote goes past the closing quotes: a long string may end in up to two quotes of its own.
func (s *scanner) closeQuote(quote string) {
	s.pos += len(quote)
	for extra := 0; len(quote) == 3 && extra < 2 && strings.HasPrefix(s.doc[s.pos:], quote[:1]); extra++ {
		s.pos++
	}
}
