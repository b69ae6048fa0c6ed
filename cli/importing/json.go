package importing

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"signet/keys"
)

// serverSays are members of an exported person that the server sets by itself.
var serverSays = []string{"epoch", "created", "updated", "declared", "terms"}

// readJSON reads people as `signet user list --format json` prints them, or one a line. password_hash may stand beside.
func readJSON(data []byte, _ Options, f *File) error {
	return eachObject(data, func(line int, raw json.RawMessage) error {
		var members map[string]any
		if err := json.Unmarshal(raw, &members); err != nil {
			return err
		}
		for _, name := range serverSays {
			delete(members, name)
		}
		if err := textGroups(members); err != nil {
			return err
		}
		f.Records = append(f.Records, Record{Line: line, Members: members})
		return nil
	})
}

func textGroups(members map[string]any) error {
	items, said := members["groups"].([]any)
	if !said {
		return nil
	}
	groups := []string{}
	for _, item := range items {
		name, ok := item.(string)
		if !ok {
			return fmt.Errorf("groups: want texts")
		}
		groups = append(groups, name)
	}
	members["groups"] = groups
	return nil
}

// eachObject calls do for every object of a list, or of a sequence of objects without one, with the line where it begins.
func eachObject(data []byte, do func(line int, raw json.RawMessage) error) error {
	lines := &lineCount{data: data, line: 1}
	d := json.NewDecoder(bytes.NewReader(data))
	listed := bytes.HasPrefix(bytes.TrimSpace(data), []byte("["))
	if listed {
		if _, err := d.Token(); err != nil {
			return fmt.Errorf("%w: %w", ErrFile, err)
		}
	}
	for !listed || d.More() {
		line := lines.at(int(d.InputOffset()))
		var raw json.RawMessage
		err := d.Decode(&raw)
		if !listed && errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = sane(raw)
		}
		if err == nil {
			err = do(line, raw)
		}
		if err != nil {
			return fmt.Errorf("%w: line %d: %w", ErrFile, line, err)
		}
	}
	if _, err := d.Token(); err != nil {
		return fmt.Errorf("%w: it ends in the middle: %w", ErrFile, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: something stands behind the list", ErrFile)
	}
	return nil
}

// sane refuses an object that is no person's: too large, too deep, or with members that come twice.
func sane(raw json.RawMessage) error {
	if len(raw) > maxRecord {
		return fmt.Errorf("%d bytes, allowed for one: %d", len(raw), maxRecord)
	}
	return keys.CheckJSON(raw)
}

// lineCount tells the line of the next value behind an offset. Offsets only grow.
type lineCount struct {
	data         []byte
	offset, line int
}

func (c *lineCount) at(offset int) int {
	for offset < len(c.data) && bytes.IndexByte([]byte(" \t\r\n,"), c.data[offset]) >= 0 {
		offset++
	}
	c.line += bytes.Count(c.data[c.offset:offset], []byte("\n"))
	c.offset = offset
	return c.line
}
