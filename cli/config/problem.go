package config

import (
	"cmp"
	"sort"
	"strings"
)

// Problem is one mistake in a configuration. No part of it holds a secret.
type Problem struct {
	// Key is the dotted key, "tokens.access" or "client[2].redirect_uris" (the second [[client]]), or "" for a whole file.
	Key string
	// Where is "signet.toml:12", "environment SIGNET_TOKENS_ACCESS" or "command line"; "" where nothing was written.
	Where string
	// Got is what was found there, as far as it may be shown.
	Got string
	// Allowed says what may stand there.
	Allowed string
	// Fix says what to do.
	Fix string

	line int
}

// String is the problem in one line.
func (p Problem) String() string {
	parts := make([]string, 0, 4)
	head := make([]string, 0, 2)
	for _, s := range []string{p.Where, p.Key} {
		if s != "" {
			head = append(head, s)
		}
	}
	parts = append(parts, strings.Join(head, ": ")+": "+p.Got)
	if p.Allowed != "" {
		parts = append(parts, "allowed: "+p.Allowed)
	}
	if p.Fix != "" {
		parts = append(parts, "fix: "+p.Fix)
	}
	return strings.Join(parts, "; ")
}

// Error is every mistake of a configuration, in the order of the file, then those of the environment and the command line.
type Error struct {
	Problems []Problem
}

// Error lists the problems, one a line.
func (e *Error) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	return "config: " + strings.Join(lines, "\nconfig: ")
}

// Refuse is the error of problems that were found elsewhere, as an *Error: each gets the place where its key was written, of an
// object "client[1]", or of a member that it leaves out, where the object begins. No problem is nil.
func (c *Config) Refuse(problems []Problem) error {
	for i, p := range problems {
		where := c.written(p.Key)
		if end := strings.LastIndexByte(p.Key, ']'); where == "" && end > 0 {
			object := p.Key[:end+1]
			where = cmp.Or(c.written(object+".id"), c.written(object+".preset"), c.written(object+".name"))
		}
		if where != "" {
			problems[i].Where = where
		}
	}
	return asError(problems)
}

// written is where a key was written, or empty.
func (c *Config) written(key string) string {
	if where := c.origins[key]; where != byDefault && where != derived {
		return where
	}
	return ""
}

// asError sorts the problems and makes them an error; no problem makes nil.
func asError(problems []Problem) error {
	if len(problems) == 0 {
		return nil
	}
	sort.SliceStable(problems, func(i, j int) bool { return problems[i].rank() < problems[j].rank() })
	return &Error{Problems: problems}
}

// rank puts lines of the file first, in their order.
func (p Problem) rank() int {
	if p.line == 0 {
		return 1 << 30
	}
	return p.line
}
