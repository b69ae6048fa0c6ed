package templates

import (
	"bytes"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"text/template/parse"

	"golang.org/x/net/html"
)

// maxFlaws is how many flaws are told at once.
const maxFlaws = 20

// try renders every sample and writes every letter, in every language, and compares the forms of each page with those of the built-in
// one.
func (s *Set) try(overlay fs.FS) (flaws Flaws) {
	own, err := New(Options{})
	if err != nil {
		return Flaws{flawOf(err)}
	}
	flaws = s.astray()
	for _, sample := range Samples() {
		for i, l := range s.languages {
			var b bytes.Buffer
			if err := s.Render(&b, l, sample.Page); err != nil {
				f := flawOf(err)
				f.Page, f.Language = sample.Name, l.Tag()
				flaws = flaws.with(f)
				break
			}
			if i > 0 {
				continue
			}
			for _, why := range own.lacking(sample.Page, b.Bytes()) {
				flaws = flaws.with(Flaw{File: fileOf(overlay, sample.Page), Page: sample.Name, Text: why})
			}
		}
		if len(flaws) >= maxFlaws {
			return flaws
		}
	}
	return append(flaws, s.tryLetters()...)
}

// astray finds what stands outside every definition of a page's file: it is shown nowhere.
func (s *Set) astray() (flaws Flaws) {
	for _, page := range s.parsed {
		for _, t := range page.Templates() {
			if t.Tree == nil || t.Name() == "layout.html" || !strings.HasSuffix(t.Name(), ".html") || parse.IsEmptyTree(t.Tree.Root) {
				continue
			}
			f := Flaw{File: "html/" + t.Name(), Text: "something stands outside {{define}} and is shown nowhere"}
			for _, n := range t.Tree.Root.Nodes {
				if !parse.IsEmptyTree(n) {
					_, f.Line = placeOf(t.Tree, n)
					break
				}
			}
			flaws = flaws.with(f)
		}
	}
	return flaws
}

// with adds a flaw, unless another page has shown it already.
func (f Flaws) with(one Flaw) Flaws {
	if slices.ContainsFunc(f, func(o Flaw) bool { return o.File == one.File && o.Line == one.Line && o.Text == one.Text }) {
		return f
	}
	return append(f, one)
}

// fileOf is the file that a page's form most likely comes from.
func fileOf(overlay fs.FS, p Page) string {
	for _, name := range append([]string{p.Template() + ".html"}, shared...) {
		if _, err := fs.Stat(overlay, "html/"+name); err == nil {
			return "html/" + name
		}
	}
	return ""
}

func (s *Set) tryLetters() (flaws Flaws) {
	for _, letter := range s.SampleLetters() {
		for _, l := range s.languages {
			w, err := s.Write(letter, l.Tag())
			f := Flaw{}
			if err != nil {
				f = flawOf(err)
			} else if letter.Link != "" && (!strings.Contains(w.Text, letter.Link) || !strings.Contains(w.HTML, letter.Link)) || letter.Code != "" && (!strings.Contains(w.Text, letter.Code) || !strings.Contains(w.HTML, letter.Code)) {
				f = Flaw{File: "mail", Text: "the link or the code is missing"}
			}
			if f.Text != "" {
				f.Page, f.Language = "mail "+letter.Kind, l.Tag()
				flaws = append(flaws, f)
				break
			}
		}
	}
	return flaws
}

// SampleLetters are mails to look at, one of each kind.
func (s *Set) SampleLetters() (out []Letter) {
	l := s.fallback
	for _, key := range l.catalog.keys() {
		kind, found := strings.CutSuffix(strings.TrimPrefix(key, "mail."), ".subject")
		if !found || !strings.HasPrefix(key, "mail.") {
			continue
		}
		letter := Letter{
			Product: "Signet", Home: "https://id.example.com", Kind: kind, Name: "Ada Lovelace", Time: sampleTime, Address: "192.0.2.17",
			Args: []any{"n", 15},
		}
		for _, part := range []string{"subject", "lead", "button", "after", "closing"} {
			for _, name := range l.message("mail." + kind + "." + part).placeholders() {
				letter.Args = append(letter.Args, name, sampleFact(name))
			}
		}
		if l.Has("mail." + kind + ".button") {
			letter.Link = "https://id.example.com/recover/AQEAc2VhbGVkLWxpbms"
		}
		if strings.Contains(kind, "code") {
			letter.Code = "493217"
		}
		out = append(out, letter)
	}
	return out
}

// sampleFact fills a placeholder of a mail.
func sampleFact(name string) any {
	switch name {
	case "minutes", "hours", "days", "n":
		return 15
	case "factor":
		return Msg("mail.factor.totp")
	case "product":
		return "Signet"
	}
	return "ada@example.test"
}

// control is a field or button that a form sends.
type control struct{ form, name, value string }

// dispensable is the one form that a page can do without: the menu of languages.
const dispensable = "#language"

// lacking says which forms and fields of the built-in page another one has not. A page without them would not lead on. The menu of
// languages may be left out.
func (s *Set) lacking(p Page, other []byte) (why []string) {
	var b bytes.Buffer
	if err := s.Render(&b, nil, p); err != nil {
		return []string{err.Error()}
	}
	forms, controls := controlsOf(b.Bytes())
	otherForms, otherControls := controlsOf(other)
	menu := func(c control) bool { return c.form == "#language" }
	forms, controls = slices.DeleteFunc(forms, menu), slices.DeleteFunc(controls, menu)
	for _, f := range forms {
		if f.form != dispensable && !slices.Contains(otherForms, f) {
			why = append(why, fmt.Sprintf("there is no form that posts to %q as the built-in page has it (%s)", f.value, f.form))
		}
	}
	for _, c := range controls {
		if !slices.Contains(otherControls, c) && slices.ContainsFunc(otherForms, func(f control) bool { return f.form == c.form }) {
			why = append(why, fmt.Sprintf("the form %s lacks the field %q", c.form, c.name))
		}
	}
	return slices.Compact(why)
}

// controlsOf lists the forms of a page, each as its name, method and address, and what they send.
func controlsOf(page []byte) (forms, controls []control) {
	z, form := html.NewTokenizer(bytes.NewReader(page)), ""
	for {
		switch z.Next() {
		case html.ErrorToken:
			return forms, controls
		case html.EndTagToken:
			if name, _ := z.TagName(); string(name) == "form" {
				form = ""
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			get := func(name string) string {
				for _, a := range t.Attr {
					if a.Key == name {
						return a.Val
					}
				}
				return ""
			}
			switch t.Data {
			case "form":
				form = "#" + get("id")
				forms = append(forms, control{form, strings.ToLower(get("method")), get("action")})
			case "input", "select", "textarea", "button":
				if get("name") == "" || form == "" {
					continue
				}
				c := control{form: form, name: get("name")}
				if t.Data == "button" || get("type") == "hidden" {
					c.value = get("value")
				}
				controls = append(controls, c)
			}
		}
	}
}

// Export returns the built-in files that a directory of overrides may replace, by their names.
func Export() (map[string][]byte, error) {
	out := map[string][]byte{}
	err := fs.WalkDir(embedded, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strangeName(name) != "" {
			return err
		}
		out[name], err = embedded.ReadFile(name)
		return err
	})
	return out, err
}
