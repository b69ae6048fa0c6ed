package dev

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// Console writes for whoever started the server: lines for a person, or one JSON object a line for a program. Its methods
// must not be called at the same time.
type Console struct {
	Out io.Writer
	// Color marks refusals and warnings as terminals do.
	Color bool
	// JSON writes NDJSON instead.
	JSON bool
	// Zone is that of the times shown to a person.
	Zone *time.Location
}

// ready is the first line of NDJSON.
type ready struct {
	Event string    `json:"event"`
	Time  time.Time `json:"time"`
	Status
}

// Ready begins: the block of the status, and how long it took.
func (c *Console) Ready(s Status, took time.Duration) error {
	if c.JSON {
		return writeLine(c.Out, ready{"ready", s.Now, s})
	}
	if err := s.WriteBlock(c.Out); err != nil {
		return err
	}
	return c.line(s.Now, fmt.Sprintf("ready in %d ms. Ctrl-C stops.", took.Milliseconds()))
}

// Event writes one event.
func (c *Console) Event(e Event) error {
	switch {
	case c.JSON:
		return writeLine(c.Out, e)
	case e.Kind == "warning":
		return c.line(e.Time, c.red(e.Text))
	case e.Refusal != nil:
		return c.refused(e)
	}
	return c.line(e.Time, columns(e.Kind, e.who(), e.Text, e.Trace))
}

// writeLine writes a value as one line of JSON, with addresses as people write them.
func writeLine(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

func (c *Console) line(t time.Time, text string) error {
	_, err := fmt.Fprintf(c.Out, "  %s  %s\n", t.In(c.zone()).Format(time.TimeOnly), text)
	return err
}

func (c *Console) zone() *time.Location {
	if c.Zone == nil {
		return time.Local
	}
	return c.Zone
}

// columnWidths are those of kind, who and text.
var columnWidths = []int{11, 11, 42}

// columns puts an event's parts below those of the events before. What is too wide pushes the rest on.
func columns(kind, who, text, trace string) string {
	var b strings.Builder
	for i, part := range []string{kind, who, text} {
		b.WriteString(part)
		b.WriteString(strings.Repeat(" ", max(2, columnWidths[i]-utf8.RuneCountInString(part))))
	}
	if trace != "" {
		b.WriteString("t=" + trace)
	}
	return strings.TrimRight(b.String(), " ")
}

// refused writes a line, and below it what came, what would have been accepted, and what to do.
func (c *Console) refused(e Event) error {
	line := columns(e.At, e.who(), "REFUSED  "+e.Code, e.Trace)
	if err := c.line(e.Time, strings.Replace(line, "REFUSED", c.red("REFUSED"), 1)); err != nil {
		return err
	}
	const indent = "            "
	text := indent + e.What + "\n"
	rows := [][2]string{{"got", e.Got}}
	for i, allowed := range e.Allowed {
		rows = append(rows, [2]string{[]string{"allowed", ""}[min(i, 1)], allowed})
	}
	rows = append(rows, [2]string{"fix", e.Fix}, [2]string{"more", e.More})
	for _, row := range rows {
		if row[1] != "" {
			text += fmt.Sprintf("%s  %-7s  %s\n", indent, row[0], row[1])
		}
	}
	_, err := io.WriteString(c.Out, text)
	return err
}

func (c *Console) red(s string) string {
	if !c.Color {
		return s
	}
	return "\x1b[1;31m" + s + "\x1b[0m"
}
