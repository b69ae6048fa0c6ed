package templates

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
)

// Limits of a directory of overrides.
const (
	maxOverride  = 1 << 20
	maxOverrides = 400
)

// Flaw is something that keeps a directory of overrides from being used.
type Flaw struct {
	// File is below the directory; Line counts from 1, and is 0 where the whole file is meant.
	File string
	Line int
	// Page is the sample that could not be shown, in a language; both may be empty.
	Page, Language string
	Text           string
}

// String is the flaw in one line.
func (f Flaw) String() string {
	out := f.File
	if f.Line > 0 {
		out = fmt.Sprintf("%s:%d", out, f.Line)
	}
	if out != "" {
		out += ": "
	}
	if f.Page != "" {
		out += "page " + f.Page
		if f.Language != "" {
			out += " in " + f.Language
		}
		out += ": "
	}
	return out + f.Text
}

// Flaws is the error of a directory that cannot be used.
type Flaws []Flaw

// Error lists the flaws, one a line.
func (f Flaws) Error() string {
	lines := make([]string, len(f))
	for i, one := range f {
		lines[i] = one.String()
	}
	return "templates: " + strings.Join(lines, "\ntemplates: ")
}

// OpenDirectory is New with the files of a directory in place of the built-in ones or beside them. Nothing outside it is read, whatever
// links in it point to; languages are those of Options. Every page is rendered in every state and language, and every mail written; what cannot be is Flaws.
func OpenDirectory(dir string, brand Brand, languages ...string) (*Set, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, Flaws{{Text: "the directory cannot be read: " + reason(err)}}
	}
	defer root.Close()
	overlay := root.FS()
	if flaws := checkFiles(root, overlay); len(flaws) > 0 {
		return nil, flaws
	}
	if flaws := checkSources(overlay); len(flaws) > 0 {
		return nil, flaws
	}
	if flaws := checkWords(overlay); len(flaws) > 0 {
		return nil, flaws
	}
	set, err := New(Options{Overlay: overlay, Brand: brand, Languages: languages})
	if unknown := (*LanguageError)(nil); errors.As(err, &unknown) {
		return nil, err
	}
	if err != nil {
		return nil, Flaws{flawOf(err)}
	}
	if flaws := set.try(overlay); len(flaws) > 0 {
		return nil, flaws
	}
	return set, nil
}

// reason is an error without the path, which is told beside it.
func reason(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}

// checkFiles looks at names, kinds and sizes: a file that nothing reads is a mistake of who wrote it.
func checkFiles(root *os.Root, overlay fs.FS) (flaws Flaws) {
	n := 0
	err := fs.WalkDir(overlay, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil || name == ".":
			return err
		case ignored(name) && d.IsDir():
			return fs.SkipDir
		case ignored(name):
			return nil
		}
		if n++; n > maxOverrides {
			return fmt.Errorf("more than %d files", maxOverrides)
		}
		if d.IsDir() {
			if why := strangeDirectory(name); why != "" {
				flaws = append(flaws, Flaw{File: name, Text: why})
				return fs.SkipDir
			}
			return nil
		}
		if why := strangeFile(root, name); why != "" {
			flaws = append(flaws, Flaw{File: name, Text: why})
		}
		return nil
	})
	if err != nil {
		flaws = append(flaws, Flaw{Text: "the directory cannot be read: " + reason(err)})
	}
	return flaws
}

// ignored tells files that are for people: notes, and what editors and version control keep.
func ignored(name string) bool {
	base := path.Base(name)
	return strings.HasPrefix(base, ".") && base != "." || name == "README.md" || strings.HasSuffix(base, "~")
}

func strangeDirectory(name string) string {
	if slices.Contains([]string{"html", "mail", "messages", "static"}, name) || path.Dir(name) == "messages" && slices.Contains(areas(), path.Base(name)) {
		return ""
	}
	return "no such directory; there are html, mail, messages (with " + strings.Join(areas(), ", ") + ") and static"
}

// areas are the directories below messages.
func areas() (out []string) {
	entries, _ := embedded.ReadDir("messages")
	for _, e := range entries {
		if e.IsDir() {
			out = append(out, e.Name())
		}
	}
	return out
}

// strangeFile says why a file cannot be used, or nothing.
func strangeFile(root *os.Root, name string) string {
	info, err := root.Stat(name)
	switch {
	case err != nil:
		return "cannot be read: " + reason(err)
	case !info.Mode().IsRegular():
		return "is no file"
	case info.Size() > maxOverride:
		return fmt.Sprintf("has %d bytes, allowed %d", info.Size(), maxOverride)
	}
	return strangeName(name)
}

// strangeName says why nothing would read a file of this name.
func strangeName(name string) string {
	dir, ext := path.Dir(name), path.Ext(name)
	switch {
	case dir == "html" || dir == "mail":
		if _, err := embedded.ReadFile(name); err != nil {
			return "there is no such page; signet templates list tells all"
		}
	case dir == "static" && ext == ".js":
		return "scripts are not replaced"
	case dir == "static":
		if contentTypes[ext] == "" || !plainName(path.Base(name)) {
			return "allowed are files of small letters, digits, dots and dashes that end in .css, .svg, .png, .webp, .ico or .woff2"
		}
	case dir == "messages" || path.Dir(dir) == "messages":
		if ext != ".toml" {
			return "messages are in files such as messages/en.toml"
		}
	default:
		return "files are in html, mail, messages and static"
	}
	return ""
}

func plainName(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '.' || r == '-')
	})
}
