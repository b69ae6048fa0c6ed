// Package importing reads files of people that other programs wrote, into what the administration takes. It changes nothing
// and asks no server: what the values may be, the server judges.
package importing

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"signet/provider/account/oldhash"
)

// ErrFile says that a file is damaged or not in its format at all.
var ErrFile = errors.New("importing: not a file of people")

// Limits of a file, so that one which was made to harm, or is no file of people at all, is refused before it costs anything.
const (
	// MaxFile is in bytes: some millions of people.
	MaxFile = 1 << 30
	// maxRecord is in bytes, of one person.
	maxRecord  = 64 << 10
	maxColumns = 256
)

// Record is one person of a file.
type Record struct {
	// Line is where the person begins, from 1.
	Line int
	// Members are as POST /users/import takes them.
	Members map[string]any
	// Wrong says what keeps the person out, or is empty.
	Wrong string
}

// Who names the person for a report.
func (r Record) Who() string {
	for _, name := range []string{"username", "email", "sub"} {
		if s, _ := r.Members[name].(string); s != "" {
			return s
		}
	}
	return "nameless"
}

// Note is something of a file that will not travel, or not as it was.
type Note struct {
	Line int
	Text string
}

// File is what was read.
type File struct {
	Records []Record
	// Groups are those that the people are in, in the order of their first appearance.
	Groups []string
	Notes  []Note

	groups map[string]bool
}

// Options say how to read. Format is one of Formats, or empty to tell by the name and the beginning.
type Options struct {
	Format string
	// UserModel is Django's name of the table of people, such as "auth.user"; empty is every model that has a password and the
	// last login.
	UserModel string
}

// formats is the table of formats.
var formats = map[string]func(data []byte, o Options, f *File) error{
	"csv":    readCSV,
	"json":   readJSON,
	"django": readDjango,
}

// Formats are their names.
var Formats = []string{"csv", "json", "django"}

// Read reads a file. It returns an ErrFile with the line.
func Read(name string, data []byte, o Options) (*File, error) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	format := cmp.Or(o.Format, detect(name, data))
	read, ok := formats[format]
	if !ok {
		return nil, fmt.Errorf("%w: format %q, allowed: %s", ErrFile, format, strings.Join(Formats, ", "))
	}
	f := &File{groups: map[string]bool{}}
	if err := read(data, o, f); err != nil {
		return nil, err
	}
	for i := range f.Records {
		f.settle(&f.Records[i])
	}
	f.unique()
	return f, nil
}

func detect(name string, data []byte) string {
	start := bytes.TrimSpace(data)
	switch {
	case len(start) == 0 || start[0] != '[' && start[0] != '{' || strings.EqualFold(filepath.Ext(name), ".csv"):
		return "csv"
	case bytes.Contains(start[:min(len(start), 4096)], []byte(`"model"`)):
		return "django"
	}
	return "json"
}

func (f *File) note(line int, format string, args ...any) {
	f.Notes = append(f.Notes, Note{line, fmt.Sprintf(format, args...)})
}

func (f *File) group(name string) {
	if !f.groups[name] {
		f.groups[name] = true
		f.Groups = append(f.Groups, name)
	}
}

// settle leaves out a password that nobody can verify: the person comes, and sets a new one.
func (f *File) settle(r *Record) {
	groups, _ := r.Members["groups"].([]string)
	for _, g := range groups {
		f.group(g)
	}
	hash, _ := r.Members["password_hash"].(string)
	if hash == "" || strings.HasPrefix(hash, "!") {
		delete(r.Members, "password_hash")
		return
	}
	if _, err := oldhash.Parse(hash); errors.Is(err, oldhash.ErrUnknown) {
		delete(r.Members, "password_hash")
		f.note(r.Line, "%s: the password's hash is in a format that is not taken; a new password is needed", r.Who())
	}
}

// unique keeps out whoever has a name or an address that somebody before in the file has.
func (f *File) unique() {
	seen := map[string]int{}
	for i := range f.Records {
		r := &f.Records[i]
		for _, name := range []string{"sub", "username", "email"} {
			value, _ := r.Members[name].(string)
			key := name + "\x00" + strings.ToLower(value)
			if first := seen[key]; first != 0 {
				r.Wrong = fmt.Sprintf("%s %q stands in line %d already", name, value, first)
			} else if value != "" {
				seen[key] = r.Line
			}
		}
	}
}
