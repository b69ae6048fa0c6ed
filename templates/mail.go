package templates

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html/template"
	"io/fs"
	"strings"
	texttemplate "text/template"
	"time"
)

// Letter is a mail: words by its kind (messages mail.<kind>.…), with a link or a code to go on with, and facts.
type Letter struct {
	// Product is the provider's name, Home its address.
	Product, Home string
	// Kind chooses the words: subject, lead, and if they exist button, after and closing.
	Kind string
	// Args fill the words, as those of Msg do; a Text is put into the letter's language first.
	Args []any
	// Name is whom the letter greets. A name that looks like an address is left out: mail programs make links of those.
	Name string
	// Link is the absolute address behind the button, Code what is to be typed; both may be empty.
	Link, Code string
	// Time and Address say when and from where it happened what the letter tells of; they may be zero.
	Time    time.Time
	Address string
}

// Written is a letter in one language, ready to be sent.
type Written struct {
	Language, Subject, Text, HTML string
	// Pictures are what the HTML shows: each a PNG by the name behind "cid:" (RFC 2392).
	Pictures map[string][]byte
}

// Shown is the HTML with its pictures in it, for those who look at mails in a browser.
func (w Written) Shown() string {
	html := w.HTML
	for name, png := range w.Pictures {
		html = strings.ReplaceAll(html, `src="cid:`+name+`"`, `src="data:image/png;base64,`+base64.StdEncoding.EncodeToString(png)+`"`)
	}
	return html
}

// mails are the two forms of a letter in one language.
type mails struct {
	html *template.Template
	text *texttemplate.Template
}

// parseMails makes the forms of one language. They know the partials of the pages.
func (s *Set) parseMails(sources []fs.FS, l *Language) (m mails, err error) {
	raw, err := readLast(sources, "mail/letter.html")
	if err != nil {
		return m, fmt.Errorf("templates: %w", err)
	}
	m.html = template.New("letter.html").Option("missingkey=error").Funcs(s.funcs(l))
	if err := parseFile(m.html, sources, "partials.html"); err != nil {
		return m, err
	}
	if _, err := m.html.Parse(string(raw)); err != nil {
		return m, fmt.Errorf("templates: %w", err)
	}
	if raw, err = readLast(sources, "mail/letter.txt"); err != nil {
		return m, fmt.Errorf("templates: %w", err)
	}
	if m.text, err = texttemplate.New("letter.txt").Option("missingkey=error").Funcs(texttemplate.FuncMap(s.funcs(l))).Parse(string(raw)); err != nil {
		return m, fmt.Errorf("templates: %w", err)
	}
	return m, nil
}

// Write gives a letter its words. languages are BCP 47 tags in order of preference, separated by blanks. An error is a letter
// whose words do not exist, or that does not fill them.
func (s *Set) Write(letter Letter, languages string) (Written, error) {
	l := s.Match(languages, "")
	shown, err := letter.in(l)
	if err != nil {
		return Written{}, err
	}
	var html, plain bytes.Buffer
	if err := l.mails.html.Execute(&html, shown); err != nil {
		return Written{}, fmt.Errorf("templates: mail: %w", err)
	}
	if err := l.mails.text.Execute(&plain, shown); err != nil {
		return Written{}, fmt.Errorf("templates: mail: %w", err)
	}
	subject, err := l.String(shown.Subject)
	return Written{Language: l.Tag(), Subject: oneLine(subject), Text: plain.String(), HTML: html.String(), Pictures: s.worn.pictures()}, err
}

// shownLetter is a letter with its words.
type shownLetter struct {
	Letter
	Subject, Lead, Button, After, Closing Text
}

func (l Letter) in(language *Language) (shownLetter, error) {
	out := shownLetter{Letter: l}
	if looksLikeAddress(l.Name) {
		out.Name = ""
	}
	args := []any{"product", l.Product}
	for _, arg := range l.Args {
		if t, ok := arg.(Text); ok {
			words, err := language.String(t)
			if err != nil {
				return out, err
			}
			arg = words
		}
		args = append(args, arg)
	}
	prefix := "mail." + l.Kind + "."
	for name, to := range map[string]*Text{"subject": &out.Subject, "lead": &out.Lead, "button": &out.Button, "after": &out.After, "closing": &out.Closing} {
		if language.Has(prefix + name) {
			*to = Msg(prefix+name, args...)
		}
	}
	if out.Subject.IsZero() || out.Lead.IsZero() || l.Link != "" && out.Button.IsZero() {
		return out, fmt.Errorf("templates: no words for a mail %q", l.Kind)
	}
	return out, nil
}

// looksLikeAddress tells of a text what a mail program may make a link of.
func looksLikeAddress(s string) bool {
	for i, r := range s {
		if strings.ContainsRune("/:@\\", r) {
			return true
		}
		if r == '.' && i+1 < len(s) && s[i+1] != ' ' {
			return true
		}
	}
	return false
}

// oneLine makes what ends a line a blank.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
