package importing

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Columns that are not texts.
var (
	yesNo = map[string]bool{"email_verified": true, "phone_number_verified": true, "disabled": true}
	lists = map[string]bool{"groups": true}
)

// readCSV reads a table (RFC 4180) whose first row names the members, those of address as address.locality. Groups are
// separated by semicolons. An empty field says nothing.
func readCSV(data []byte, _ Options, f *File) error {
	r := csv.NewReader(bytes.NewReader(data))
	head, err := r.Read()
	if err != nil {
		return fmt.Errorf("%w: the first row, with the names of the columns: %w", ErrFile, err)
	}
	if err := checkColumns(head); err != nil {
		return err
	}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%w: %w", ErrFile, err)
		}
		line, _ := r.FieldPos(0)
		if size := len(strings.Join(row, ",")); size > maxRecord {
			return fmt.Errorf("%w: line %d: %d bytes, allowed for one person: %d", ErrFile, line, size, maxRecord)
		}
		record := Record{Line: line, Members: map[string]any{}}
		for i, text := range row {
			if err := record.set(head[i], text); err != nil {
				return fmt.Errorf("%w: line %d: %s: %w", ErrFile, line, head[i], err)
			}
		}
		f.Records = append(f.Records, record)
	}
}

func checkColumns(head []string) error {
	if len(head) > maxColumns {
		return fmt.Errorf("%w: line 1: %d columns, allowed: %d", ErrFile, len(head), maxColumns)
	}
	seen, names := map[string]bool{}, false
	for i, name := range head {
		head[i] = strings.TrimSpace(name)
		if seen[head[i]] || head[i] == "" {
			return fmt.Errorf("%w: line 1: column %d, %q: want a name of its own", ErrFile, i+1, head[i])
		}
		seen[head[i]] = true
		names = names || head[i] == "username" || head[i] == "email"
	}
	if !names {
		return fmt.Errorf("%w: line 1: no column is called username or email", ErrFile)
	}
	return nil
}

// set takes one field.
func (r Record) set(name, text string) error {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return nil
	case yesNo[name]:
		b, err := strconv.ParseBool(strings.ToLower(text))
		if err != nil {
			return fmt.Errorf("%q, allowed: true, false", text)
		}
		r.Members[name] = b
	case lists[name]:
		r.Members[name] = split(text)
	default:
		r.put(name, text)
	}
	return nil
}

func (r Record) put(name, text string) {
	outer, inner, nested := strings.Cut(name, ".")
	if !nested {
		r.Members[name] = text
		return
	}
	object, _ := r.Members[outer].(map[string]any)
	if object == nil {
		object = map[string]any{}
		r.Members[outer] = object
	}
	object[inner] = text
}

func split(text string) []string {
	var list []string
	for item := range strings.SplitSeq(text, ";") {
		if item = strings.TrimSpace(item); item != "" {
			list = append(list, item)
		}
	}
	return list
}
