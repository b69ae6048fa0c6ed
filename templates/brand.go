package templates

import "fmt"

// Colours are the four that a brand chooses, written #rrggbb. Those left out are the built-in ones.
type Colours struct {
	// Accent is for links, buttons and focus.
	Accent string
	// Background is behind everything, Card behind what is to be read.
	Background, Card string
	Text             string
}

// Brand is what an operator makes the pages and mails look like. The zero value is the built-in look.
type Brand struct {
	// Light and Dark are for those who prefer the one or the other. What Dark leaves out follows from Light.
	Light, Dark Colours
	// Logo and LogoDark stand above every page; without LogoDark there is one for both.
	Logo, LogoDark *Image
	// LogoAlone leaves out the name beside the logo: it says it.
	LogoAlone bool
	// Icon is for the tabs of browsers.
	Icon *Image
}

// Image is a PNG that was drawn by ourselves.
type Image struct {
	PNG           []byte
	Width, Height int
	// Shade is the mean colour of what is seen, Bare tells whether something of the ground is seen around it.
	Shade Colour
	Bare  bool
}

// Shortfall is a colour that cannot be used.
type Shortfall struct {
	// Setting names it: accent, background, card, text, or one of them with _dark.
	Setting string
	// Got says what is wrong, Allowed what may stand there, Nearest is the nearest colour that would do; it may be empty.
	Got, Allowed, Nearest string
}

// Check returns the colours that cannot be used: those that are none, and those that cannot be told apart (WCAG 2.2, 1.4.3
// and 1.4.11).
func (b Brand) Check() []Shortfall {
	if bad := append(b.Light.malformed(""), b.Dark.malformed("_dark")...); len(bad) > 0 {
		return bad
	}
	return append(b.Light.short(b.light(), ""), b.Dark.short(b.dark(), "_dark")...)
}

// settings are the four by their names.
func (c Colours) settings() [4]struct{ name, value string } {
	return [4]struct{ name, value string }{{"accent", c.Accent}, {"background", c.Background}, {"card", c.Card}, {"text", c.Text}}
}

func (c Colours) malformed(suffix string) (bad []Shortfall) {
	for _, s := range c.settings() {
		if _, err := ParseColour(s.value); err != nil && s.value != "" {
			bad = append(bad, Shortfall{Setting: s.name + suffix, Got: fmt.Sprintf("got %.40q", s.value), Allowed: "a colour written #rrggbb"})
		}
	}
	return bad
}

// over fills in what is left out.
func (c Colours) over(base chosen) chosen {
	for _, s := range []struct {
		text string
		to   *Colour
	}{{c.Accent, &base.accent}, {c.Background, &base.page}, {c.Card, &base.card}, {c.Text, &base.text}} {
		if colour, err := ParseColour(s.text); err == nil {
			*s.to = colour
		}
	}
	return base
}

func four(p Palette) chosen { return chosen{p.Accent, p.Page, p.Card, p.Text} }

func (b Brand) light() chosen { return b.Light.over(four(lightPalette)) }

// dark takes the accent from the light colours, as light as the dark grounds need it.
func (b Brand) dark() chosen {
	c := b.Dark.over(four(darkPalette))
	if b.Dark.Accent == "" && b.Light.Accent != "" {
		c.accent, _ = b.light().accent.nearest(leastText+0.6, c.page, c.card)
	}
	return c
}

// palettes are those of the light and the dark scheme.
func (b Brand) palettes() (light, dark Palette) {
	light, dark = lightPalette, darkPalette
	if b.Light != (Colours{}) {
		light = b.light().palette(b.Light.Accent != "")
	}
	if b.Light.Accent != "" || b.Dark != (Colours{}) {
		dark = b.dark().palette(b.Light.Accent != "" || b.Dark.Accent != "")
	}
	return light, dark
}

// short looks at the four: words and accent on both grounds.
func (c Colours) short(all chosen, suffix string) (bad []Shortfall) {
	grounds := []struct {
		name, set string
		colour    Colour
	}{{"background", c.Background, all.page}, {"card", c.Card, all.card}}
	for _, over := range []struct {
		name, set string
		colour    Colour
	}{{"accent", c.Accent, all.accent}, {"text", c.Text, all.text}} {
		for _, ground := range grounds {
			got := Contrast(over.colour, ground.colour)
			if got >= leastText || over.set == "" && ground.set == "" {
				continue
			}
			s := Shortfall{
				Setting: over.name + suffix, Allowed: "a contrast of at least 4.5:1 with the background and the card",
				Got: fmt.Sprintf("%s %s on %s %s has a contrast of %s", over.name, over.colour, ground.name, ground.colour, ratio(got)),
			}
			if over.set == "" {
				s.Setting = ground.name + suffix
				s.Allowed = "a contrast of at least 4.5:1 with accent and text"
				s.Nearest = nearestText(ground.colour, all.accent, all.text)
			} else {
				s.Nearest = nearestText(over.colour, all.page, all.card)
			}
			bad = append(bad, s)
			break // the other ground is mended with this one
		}
	}
	return bad
}

func nearestText(c Colour, against ...Colour) string {
	near, ok := c.nearest(leastText, against...)
	if !ok {
		return ""
	}
	return near.String()
}

// ratio writes a contrast, never rounded up to what it is not.
func ratio(x float64) string { return fmt.Sprintf("%.2f:1", float64(int(x*100))/100) }
