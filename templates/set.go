package templates

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"maps"
	"slices"

	"golang.org/x/text/language"
)

//go:embed html static messages mail
var embedded embed.FS

// Options are what New needs. The zero value is good.
type Options struct {
	// Overlay is tried before the built-in files: html/<page>.html, mail/letter.html, mail/letter.txt and
	// static/<name> replace them; messages/<language>.toml
	// replaces single messages and adds languages.
	Overlay fs.FS
	// Languages are the names (BCP 47) of the languages to offer, the one for everybody else first. Without any, all that have
	// messages are offered, English first.
	Languages []string
	// Brand is how the pages and mails look. Its colours must have passed its Check.
	Brand Brand
}

// Set is all pages in all languages, ready to render. It is safe for concurrent use.
type Set struct {
	languages []*Language // those that are offered
	fallback  *Language   // in which every message exists
	matcher   language.Matcher
	assets    map[string]Asset
	names     map[string]string

	parsed      map[string]*template.Template
	worn        worn
	fonts       bool // there is one among the assets
	light, dark Palette
}

// New reads and parses everything. It refuses broken templates, messages that a template uses and that do not exist, and
// messages with a placeholder that the template does not fill.
func New(o Options) (*Set, error) {
	sources := []fs.FS{embedded}
	if o.Overlay != nil {
		sources = append(sources, o.Overlay)
	}
	if bad := o.Brand.Check(); len(bad) > 0 {
		return nil, fmt.Errorf("templates: brand: %s: %s", bad[0].Setting, bad[0].Got)
	}
	s := &Set{}
	if err := s.loadAssets(sources, o.Brand); err != nil {
		return nil, err
	}
	catalogs, err := loadCatalogs(sources)
	if err != nil {
		return nil, err
	}
	var all []*Language
	for _, tag := range order(catalogs) {
		l := &Language{tag: tag, catalog: catalogs[tag], fallback: catalogs[fallbackTag], set: s}
		if s.parsed == nil {
			if s.parsed, err = s.parse(sources, l); err != nil {
				return nil, err
			}
		}
		if err := s.checkMessages(l); err != nil {
			return nil, err
		}
		if l.mails, err = s.parseMails(sources, l); err != nil {
			return nil, err
		}
		all = append(all, l)
	}
	return s, s.offer(all, o.Languages)
}

// order puts the fallback first and the other languages by name.
func order(catalogs map[language.Tag]catalog) []language.Tag {
	tags := slices.SortedFunc(maps.Keys(catalogs), func(a, b language.Tag) int {
		return bytes.Compare([]byte(a.String()), []byte(b.String()))
	})
	tags = slices.DeleteFunc(tags, func(t language.Tag) bool { return t == fallbackTag })
	return append([]language.Tag{fallbackTag}, tags...)
}

// Render writes a page. Nothing is written unless the whole page could be made; an error then means a programming mistake or
// a value that the page refuses (a link that is not local). A nil language is that for everybody else; pages for developers are in English.
func (s *Set) Render(w io.Writer, l *Language, p Page) error {
	if l == nil {
		l = s.languages[0]
	}
	if developerPage(p) {
		l = s.fallback
	}
	t, err := l.page(p.Template())
	if err != nil {
		return err
	}
	if err := p.common().check(); err != nil {
		return err
	}
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, "layout.html", p); err != nil {
		return fmt.Errorf("templates: %w", err)
	}
	_, err = w.Write(b.Bytes())
	return err
}

// shared lists the files that every page is parsed with.
var shared = []string{"layout.html", "partials.html", "destination.html", "blocks.html", "self.html", "factors.html", "mailed.html", "attribute.html"}

// parse reads all pages, once for all languages: they are never executed, but cloned for a language when it first needs one.
func (s *Set) parse(sources []fs.FS, l *Language) (map[string]*template.Template, error) {
	common := template.New("layout.html").Option("missingkey=error").Funcs(s.funcs(l))
	for _, name := range shared {
		if err := parseFile(common, sources, name); err != nil {
			return nil, err
		}
	}
	pages := map[string]*template.Template{}
	for _, p := range everyPage {
		page, err := common.Clone()
		if err != nil {
			return nil, fmt.Errorf("templates: %w", err)
		}
		if err := parseFile(page, sources, p.Template()+".html"); err != nil {
			return nil, err
		}
		pages[p.Template()] = page
	}
	return pages, nil
}

// parseFile adds a file of html/ to a template.
func parseFile(t *template.Template, sources []fs.FS, name string) error {
	raw, err := readLast(sources, "html/"+name)
	if err != nil {
		return fmt.Errorf("templates: %w", err)
	}
	if t.Name() != name {
		t = t.New(name)
	}
	if _, err := t.Parse(string(raw)); err != nil {
		return fmt.Errorf("templates: %w", err)
	}
	return nil
}

// readLast reads a file from the last source that has it.
func readLast(sources []fs.FS, name string) ([]byte, error) {
	for _, src := range slices.Backward(sources[1:]) {
		raw, err := fs.ReadFile(src, name)
		if err == nil || !isAbsent(err) {
			return raw, err
		}
	}
	return fs.ReadFile(sources[0], name)
}
