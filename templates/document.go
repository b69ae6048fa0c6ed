package templates

import (
	"errors"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Document is a text of the operator's on a page of its own.
type Document struct {
	Base
	// Name is "terms" or "privacy".
	Name   string
	Blocks []DocumentBlock
}

// Template implements Page.
func (Document) Template() string { return "document" }

// Heading is the text's first heading, if it begins with one, or what it is called here.
func (d Document) Heading() Text {
	if len(d.Blocks) > 0 && d.Blocks[0].Kind == "heading" {
		return Literal(d.Blocks[0].plain())
	}
	return Msg("layout." + d.Name)
}

// Rest are the blocks below the heading.
func (d Document) Rest() []DocumentBlock {
	if len(d.Blocks) > 0 && d.Blocks[0].Kind == "heading" {
		return d.Blocks[1:]
	}
	return d.Blocks
}

// DocumentBlock is a heading, a paragraph or a list.
type DocumentBlock struct {
	// Kind is heading, subheading, paragraph, list or numbered.
	Kind string
	// Items are the lines of a list; everything else has one.
	Items [][]DocumentRun
}

func (b DocumentBlock) plain() string {
	var text strings.Builder
	for _, run := range b.Items[0] {
		text.WriteString(run.Text)
	}
	return text.String()
}

// DocumentRun is a stretch of text.
type DocumentRun struct {
	Text   string
	Strong bool
	// Link is an https or mailto address, or empty.
	Link string
}

// Href returns Link as a link, or nothing if it is neither https nor an address of mail.
func (r DocumentRun) Href() string {
	if IsMailLink(r.Link) {
		return r.Link
	}
	return External(r.Link)
}

// MaxDocument is how large a text of the operator's may be, in bytes.
const MaxDocument = 256 << 10

var errDocument = errors.New("templates: a document must be UTF-8 text of at most 256 KiB, and not empty")

// ParseDocument reads a text of the operator's. It is plain text, of which some signs mean something: a blank line ends a paragraph;
// lines that begin with #, ##, - or 1. are headings and lists; **bold**, and [a link](https://example.com/) to https and mailto
// addresses. Everything else is shown as it stands, HTML too.
func ParseDocument(raw []byte) ([]DocumentBlock, error) {
	if len(raw) > MaxDocument || !utf8.Valid(raw) {
		return nil, errDocument
	}
	var d documentParser
	for line := range strings.Lines(strings.ReplaceAll(string(raw), "\r\n", "\n")) {
		d.line(strings.TrimSpace(strings.TrimPrefix(line, "\ufeff")))
	}
	d.flush()
	if len(d.blocks) == 0 {
		return nil, errDocument
	}
	return d.blocks, nil
}

// documentParser collects lines into blocks.
type documentParser struct {
	blocks []DocumentBlock
	// kind and items are of the block that goes on.
	kind  string
	items []string
}

var numbered = regexp.MustCompile(`^[0-9]{1,3}[.)] +`)

// beginnings are what a line can begin with, and the kind of block that it makes.
var beginnings = []struct{ sign, kind string }{
	{"### ", "subheading"}, {"## ", "subheading"}, {"# ", "heading"}, {"- ", "list"}, {"* ", "list"},
}

func (d *documentParser) line(s string) {
	if s == "" {
		d.flush()
		return
	}
	for _, b := range beginnings {
		if text, ok := strings.CutPrefix(s, b.sign); ok {
			d.item(b.kind, strings.TrimSpace(text))
			return
		}
	}
	if at := numbered.FindString(s); at != "" {
		d.item("numbered", s[len(at):])
		return
	}
	if len(d.items) > 0 && !strings.HasSuffix(d.kind, "heading") {
		d.items[len(d.items)-1] += " " + s
		return
	}
	d.item("paragraph", s)
}

// item begins a line of a block; lists go on, everything else is one of its own.
func (d *documentParser) item(kind, text string) {
	if kind != d.kind || kind != "list" && kind != "numbered" {
		d.flush()
	}
	d.kind, d.items = kind, append(d.items, text)
}

func (d *documentParser) flush() {
	if len(d.items) == 0 {
		return
	}
	block := DocumentBlock{Kind: d.kind}
	for _, text := range d.items {
		block.Items = append(block.Items, documentRuns(text))
	}
	d.blocks, d.kind, d.items = append(d.blocks, block), "", nil
}

// documentSigns finds **bold** and [links](address).
var documentSigns = regexp.MustCompile(`\*\*([^*]+)\*\*|\[([^\]\[]+)\]\(([^()\s]+)\)`)

func documentRuns(s string) []DocumentRun {
	var runs []DocumentRun
	add := func(text string) {
		if text != "" {
			runs = append(runs, DocumentRun{Text: text})
		}
	}
	at := 0
	for _, m := range documentSigns.FindAllStringSubmatchIndex(s, -1) {
		add(s[at:m[0]])
		at = m[1]
		if m[2] >= 0 {
			runs = append(runs, DocumentRun{Text: s[m[2]:m[3]], Strong: true})
			continue
		}
		run := DocumentRun{Text: s[m[4]:m[5]], Link: s[m[6]:m[7]]}
		if run.Href() == "" {
			run = DocumentRun{Text: s[m[0]:m[1]]}
		}
		runs = append(runs, run)
	}
	add(s[at:])
	return runs
}

// AgreeTerms asks to agree to the operator's terms: form#agree-form with the buttons "decision" agree and refuse.
type AgreeTerms struct {
	Base
	Action   string
	Request  string
	Client   *Client
	Redirect Destination
	Person   *Account
	// Read is where the terms are: an https link or a local path.
	Read string
	// First tells that the person has not agreed to any before.
	First bool
	// Account is the local path of the person's own pages, which are theirs whatever they answer.
	Account string
}

// Template implements Page.
func (AgreeTerms) Template() string { return "agree-terms" }

// Policy implements Page: the answer may lead straight to the client.
func (p AgreeTerms) Policy() Policy { return endingAt(p.Redirect) }

// ReadLink returns Read as a link, or nothing if it is neither a local path nor https.
func (p AgreeTerms) ReadLink() string { return p.linked(p.Read) }

// Title says whether there were other terms before.
func (p AgreeTerms) Title() Text {
	if p.First {
		return Msg("terms.first")
	}
	return Msg("terms.changed")
}
