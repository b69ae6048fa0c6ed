package templates

// chosen are the colours that somebody chose, all of them present.
type chosen struct{ accent, page, card, text Colour }

// palette makes a whole palette of four colours. If the four go together, so does everything in it: whatever is derived is moved
// until it can be told from what it lies on. ownAccent tells whether the accent is not the built-in one; the mark then wears it.
func (c chosen) palette(ownAccent bool) Palette {
	p := lightPalette
	if c.card.luminance() < 0.18 {
		p = darkPalette
	}
	base := p
	p.Accent, p.Page, p.Card, p.Text = c.accent, c.page, c.card, c.text
	own := p.Page != base.Page || p.Card != base.Card || p.Text != base.Text
	if own {
		p.Sunk, p.Line = p.sunk(), mix(p.Card, p.Text, 0.16)
	}
	p.AccentSoft = p.ground(p.Accent, p.Text, p.Accent)
	if own {
		p.Quiet, p.Edge = mix(p.Text, p.Card, 0.3), mix(p.Card, p.Text, 0.45)
	}
	p.Quiet = p.words(p.Quiet, leastText, p.Page, p.Card, p.Sunk, p.AccentSoft)
	p.Edge = p.words(p.Edge, leastEdge, p.Page, p.Card)
	p.OnAccent = readable(p.Accent)
	p.AccentStrong = p.stronger()
	if ownAccent || !p.Wax.reaches(leastEdge, p.Page, p.Hole) {
		p.Wax, p.Hole = p.Accent, p.OnAccent
	}
	for _, state := range []struct{ colour, soft *Colour }{{&p.OK, &p.OKSoft}, {&p.Warn, &p.WarnSoft}, {&p.Bad, &p.BadSoft}} {
		*state.colour, _ = state.colour.nearest(leastText, p.Page, p.Card)
		if own || !state.soft.carries(p.Text, p.Accent, *state.colour) {
			*state.soft = p.ground(*state.colour, p.Text, p.Accent, *state.colour)
		}
	}
	return p
}

// sunk is the card a little darker, as much as the text on it allows.
func (p Palette) sunk() Colour {
	share := 0.05
	if p.Dark {
		share = 0.28
	}
	for ; share > 0.01; share -= 0.01 {
		if sunk := mix(p.Card, Colour{}, share); Contrast(p.Text, sunk) >= leastText {
			return sunk
		}
	}
	return p.Card
}

// ground is the card with a tinge of a colour, as much as the words on it allow.
func (p Palette) ground(tinge Colour, words ...Colour) Colour {
	share := 0.1
	if p.Dark {
		share = 0.16
	}
	for ; share > 0; share -= 0.01 {
		if ground := mix(p.Card, tinge, share); ground.carries(words...) {
			return ground
		}
	}
	return p.Card
}

// carries tells whether words of all these colours can be read on a ground.
func (c Colour) carries(words ...Colour) bool { return c.reaches(leastText, words...) }

// words is a colour moved towards that of the text until it can be read on all grounds.
func (p Palette) words(c Colour, least float64, grounds ...Colour) Colour {
	for range 20 {
		if c.reaches(least, grounds...) {
			return c
		}
		c = mix(c, p.Text, 0.12)
	}
	return p.Text
}

// readable is black or white, whichever is read better on a colour; one of them always can be.
func readable(ground Colour) Colour {
	white, black := Colour{255, 255, 255}, Colour{0x10, 0x11, 0x16}
	if Contrast(white, ground) >= leastText {
		return white
	}
	if Contrast(black, ground) >= leastText {
		return black
	}
	return Colour{}
}

// stronger is the accent under a pointer: further away from the card, if there is room.
func (p Palette) stronger() Colour {
	by := -0.09
	if p.Card.luminance() < p.Accent.luminance() {
		by = 0.07
	}
	strong := p.Accent.shade(by)
	if strong.reaches(leastText, p.Page, p.Card, p.OnAccent) {
		return strong
	}
	return p.Accent
}
