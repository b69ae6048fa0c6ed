package cli

import (
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"
)

func (p *program) printJSON(v any) error {
	e := json.NewEncoder(p.out)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// table prints rows in columns, or, with --format json, the value behind them.
func (p *program) table(value any, head []string, rows [][]string) error {
	if p.format == "json" {
		return p.printJSON(value)
	}
	w := tabwriter.NewWriter(p.out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, strings.ToUpper(strings.Join(head, "\t")))
	for _, row := range rows {
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	return w.Flush()
}

// fact is a line of what is shown of one thing. Empty ones are left out.
type fact struct{ name, value string }

// facts prints one thing, or, with --format json, the value behind it.
func (p *program) facts(value any, list ...fact) error {
	if p.format == "json" {
		return p.printJSON(value)
	}
	width := 0
	for _, f := range list {
		width = max(width, len(f.name))
	}
	for _, f := range list {
		if f.value != "" {
			fmt.Fprintf(p.out, "%-*s  %s\n", width, f.name, f.value)
		}
	}
	return nil
}

// say tells a person what was done; with --format json it is silent.
func (p *program) say(format string, args ...any) {
	if p.format != "json" {
		fmt.Fprintf(p.out, format+"\n", args...)
	}
}

func words(list []string) string { return strings.Join(list, " ") }

func yes(b bool) string {
	if b {
		return "yes"
	}
	return ""
}
