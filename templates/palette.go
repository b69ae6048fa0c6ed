package templates

import (
	"fmt"
	"strings"
)

// Palette is the colours of pages and mails in one scheme, light or dark.
type Palette struct {
	// Dark tells whether it is light on dark.
	Dark bool
	// Page, Card and Sunk are grounds: of the page, of what lies on it, of what lies in that.
	Page, Card, Sunk Colour
	// Text, Quiet are words; Line parts, Edge surrounds what can be changed or pressed.
	Text, Quiet, Line, Edge Colour
	// Accent is for links, buttons and focus; OnAccent are words on it, AccentSoft a ground with a tinge of it.
	Accent, AccentStrong, OnAccent, AccentSoft Colour
	// Wax and Hole are the mark.
	Wax, Hole Colour
	// OK, Warn and Bad are words and signs of outcomes, with their grounds.
	OK, OKSoft, Warn, WarnSoft, Bad, BadSoft Colour
}

// The palettes of a provider that was told no colours.
var (
	lightPalette = Palette{
		Page: hex6("#f4f3f0"), Card: hex6("#ffffff"), Sunk: hex6("#f1f0ec"),
		Text: hex6("#1d1f27"), Quiet: hex6("#595d6b"), Line: hex6("#d9d7d0"), Edge: hex6("#84828c"),
		Accent: hex6("#2f3e94"), AccentStrong: hex6("#232f73"), OnAccent: hex6("#ffffff"), AccentSoft: hex6("#eceefa"),
		Wax: hex6("#a3293d"), Hole: hex6("#ffffff"),
		OK: hex6("#1d6b3f"), OKSoft: hex6("#e6f3ea"), Warn: hex6("#7d5200"), WarnSoft: hex6("#fbf0d9"), Bad: hex6("#a3212f"), BadSoft: hex6("#fcebeb"),
	}
	darkPalette = Palette{
		Dark: true,
		Page: hex6("#14151a"), Card: hex6("#1d1f26"), Sunk: hex6("#15161c"),
		Text: hex6("#eceae4"), Quiet: hex6("#a9abb8"), Line: hex6("#343743"), Edge: hex6("#7d8192"),
		Accent: hex6("#a9b5ff"), AccentStrong: hex6("#c5cdff"), OnAccent: hex6("#14172e"), AccentSoft: hex6("#272b45"),
		Wax: hex6("#c4485b"), Hole: hex6("#ffffff"),
		OK: hex6("#7fd3a0"), OKSoft: hex6("#182c22"), Warn: hex6("#ecc06a"), WarnSoft: hex6("#322916"), Bad: hex6("#ff9d9d"), BadSoft: hex6("#3a1d22"),
	}
)

// tint is a colour as the style sheet names it.
type tint struct {
	name   string
	colour Colour
}

// tokens are all colours of a palette.
func (p Palette) tokens() []tint {
	return []tint{
		{"page", p.Page}, {"card", p.Card}, {"sunk", p.Sunk}, {"text", p.Text}, {"quiet", p.Quiet}, {"line", p.Line}, {"edge", p.Edge},
		{"accent", p.Accent}, {"accent-strong", p.AccentStrong}, {"on-accent", p.OnAccent}, {"accent-soft", p.AccentSoft},
		{"wax", p.Wax}, {"hole", p.Hole},
		{"ok", p.OK}, {"ok-soft", p.OKSoft}, {"warn", p.Warn}, {"warn-soft", p.WarnSoft}, {"bad", p.Bad}, {"bad-soft", p.BadSoft},
	}
}

// rule is the palette as custom properties. Its values are numbers, whoever chose them: nothing else can get into the style sheet.
func (p Palette) rule() string {
	var b strings.Builder
	scheme, shadow := "light", "0 1px 2px rgb(29 31 39 / 6%), 0 8px 28px rgb(29 31 39 / 8%)"
	if p.Dark {
		scheme, shadow = "dark", "0 1px 2px rgb(0 0 0 / 40%), 0 10px 30px rgb(0 0 0 / 30%)"
	}
	b.WriteString(":root {\n  color-scheme: " + scheme + ";\n")
	for _, t := range p.tokens() {
		b.WriteString("  --" + t.name + ": " + t.colour.String() + ";\n")
	}
	b.WriteString("  --shadow: " + shadow + ";\n}\n")
	return b.String()
}

// named is a colour by its name, as the templates of mails want it: they have no style sheet.
func (p Palette) named(name string) (string, error) {
	c, err := p.colour(name)
	return c.String(), err
}

func (p Palette) colour(name string) (Colour, error) {
	for _, t := range p.tokens() {
		if t.name == name {
			return t.colour, nil
		}
	}
	return Colour{}, fmt.Errorf("templates: no colour %q", name)
}

// What must be told apart (WCAG 2.2, success criteria 1.4.3 and 1.4.11).
const (
	leastText = 4.5
	leastEdge = 3.0
)

// pair is two colours that meet on some page, and the contrast that they need.
type pair struct {
	over, ground string
	least        float64
}

// pairs lists what meets. Whatever the style sheet puts on a ground belongs here.
var pairs = []pair{
	{"text", "page", leastText}, {"text", "card", leastText}, {"text", "sunk", leastText}, {"text", "accent-soft", leastText},
	{"text", "ok-soft", leastText}, {"text", "warn-soft", leastText}, {"text", "bad-soft", leastText},
	{"quiet", "page", leastText}, {"quiet", "card", leastText}, {"quiet", "sunk", leastText}, {"quiet", "accent-soft", leastText},
	{"accent", "page", leastText}, {"accent", "card", leastText}, {"accent", "accent-soft", leastText},
	{"accent-strong", "page", leastText}, {"accent-strong", "card", leastText},
	{"accent", "sunk", leastEdge}, {"accent", "ok-soft", leastText}, {"accent", "warn-soft", leastText}, {"accent", "bad-soft", leastText},
	{"on-accent", "accent", leastText}, {"on-accent", "accent-strong", leastText},
	{"edge", "page", leastEdge}, {"edge", "card", leastEdge},
	{"wax", "page", leastEdge}, {"hole", "wax", leastEdge},
	{"ok", "page", leastText}, {"ok", "card", leastText}, {"ok", "ok-soft", leastText},
	{"warn", "page", leastText}, {"warn", "card", leastText}, {"warn", "warn-soft", leastText},
	{"bad", "page", leastText}, {"bad", "card", leastText}, {"bad", "bad-soft", leastText},
}

// short lists the pairs whose contrast is too small.
func (p Palette) short() (out []pair) {
	for _, q := range pairs {
		over, _ := p.colour(q.over)
		ground, _ := p.colour(q.ground)
		if Contrast(over, ground) < q.least {
			out = append(out, q)
		}
	}
	return out
}
