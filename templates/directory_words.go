package templates

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// checkWords holds messages of an overlay to the built-in ones: each must be one that something says, and have no placeholder
// that nothing fills.
func checkWords(overlay fs.FS) (flaws Flaws) {
	own, err := loadCatalogs([]fs.FS{embedded})
	if err != nil {
		return Flaws{flawOf(err)}
	}
	known, used := own[fallbackTag], quoted(overlay)
	for _, pattern := range messageFiles {
		names, err := fs.Glob(overlay, pattern)
		if err != nil {
			return Flaws{{Text: err.Error()}}
		}
		for _, name := range names {
			flaws = append(flaws, checkWordsOf(overlay, name, known, used)...)
		}
	}
	return flaws
}

func checkWordsOf(overlay fs.FS, name string, known catalog, used map[string]bool) (flaws Flaws) {
	_, own, err := readCatalog(overlay, name)
	if err != nil {
		return Flaws{flawOf(err)}
	}
	raw, _ := fs.ReadFile(overlay, name)
	for _, key := range own.keys() {
		builtIn, exists := known[key]
		switch {
		case !exists && !used[key]:
			flaws = append(flaws, Flaw{File: name, Line: lineOf(raw, key, name), Text: fmt.Sprintf("message %q: nothing says it", key)})
		case exists:
			for _, p := range own[key].placeholders() {
				if !slices.Contains(builtIn.placeholders(), p) {
					flaws = append(flaws, Flaw{File: name, Line: lineOf(raw, key, name), Text: fmt.Sprintf("message %q: nothing fills {%s}", key, p)})
				}
			}
		}
	}
	return flaws
}

// inQuotes is what may be a message's key in a template.
var inQuotes = regexp.MustCompile(`"([a-zA-Z0-9_.-]+)"`)

// quoted are the keys that templates of an overlay may name.
func quoted(overlay fs.FS) map[string]bool {
	used := map[string]bool{}
	for _, pattern := range []string{"html/*.html", "mail/*"} {
		names, _ := fs.Glob(overlay, pattern)
		for _, name := range names {
			raw, _ := fs.ReadFile(overlay, name) // what cannot be read is told by New
			for _, m := range inQuotes.FindAllSubmatch(raw, -1) {
				used[string(m[1])] = true
			}
		}
	}
	return used
}

var (
	header  = regexp.MustCompile(`^\s*\[\s*([A-Za-z0-9_."-]+)\s*\]`)
	setting = regexp.MustCompile(`^\s*([A-Za-z0-9_."-]+)\s*=`)
)

// lineOf finds the line of a file at which a message stands, or that of the table that holds it.
func lineOf(raw []byte, key, file string) int {
	prefix := ""
	if area := strings.Split(file, "/"); len(area) == 3 {
		prefix = area[1] + "."
	}
	section, best := prefix, 0
	for i, line := range bytes.Split(raw, []byte("\n")) {
		if m := header.FindSubmatch(line); m != nil {
			section = prefix + strings.ReplaceAll(string(m[1]), `"`, "") + "."
			if strings.HasPrefix(key+".", section) {
				best = i + 1
			}
		}
		if m := setting.FindSubmatch(line); m != nil && section+strings.ReplaceAll(string(m[1]), `"`, "") == key {
			return i + 1
		}
	}
	return best
}

// places of errors: "template: login.html:3:12: …" of the template packages, "toml: line 3 (…): …" of the parser.
var (
	inTemplate = regexp.MustCompile(`(?:html/)?template: ?([a-z-]+\.(?:html|txt)):(\d+)(?::\d+)?: `)
	inTOML     = regexp.MustCompile(`toml: line (\d+)`)
)

// flawOf finds in an error where it is.
func flawOf(err error) Flaw {
	f := Flaw{Text: strings.TrimPrefix(err.Error(), "templates: ")}
	var at *placeError
	if errors.As(err, &at) {
		return Flaw{File: at.file, Line: at.line, Text: strings.TrimPrefix(at.err.Error(), "templates: ")}
	}
	if m := inTemplate.FindStringSubmatchIndex(f.Text); m != nil {
		f.File = "html/" + f.Text[m[2]:m[3]]
		if strings.HasPrefix(f.Text[m[2]:m[3]], "letter.") {
			f.File = "mail/" + f.Text[m[2]:m[3]]
		}
		f.Line, _ = strconv.Atoi(f.Text[m[4]:m[5]])
		f.Text = f.Text[m[1]:]
	}
	return f
}

// placeError is an error in a file of words.
type placeError struct {
	file string
	line int
	err  error
}

func (e *placeError) Error() string {
	return fmt.Sprintf("templates: %s:%d: %v", e.file, e.line, e.err)
}
func (e *placeError) Unwrap() error { return e.err }
