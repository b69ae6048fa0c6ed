package templates

import (
	"bytes"
	"fmt"
	"strings"
)

// worn is a brand as pages wear it.
type worn struct {
	// Logo and Dark are paths below the issuer's path; Dark is empty where one logo serves both.
	Logo, Dark string
	// Width and Height are how large the logo is shown, in CSS pixels.
	Width, Height int
	// Alone leaves out the name beside it.
	Alone bool
	// Plate puts the logo on a light ground in the dark scheme: it could not be seen otherwise.
	Plate bool
	// Icon is the icon's path, IconType its media type.
	Icon, IconType string
	// Mailed tells whether mails bring the logo with them.
	Mailed bool
	// light and dark are the logos that mails bring.
	light, dark []byte
}

// addedSheet is what an overlay adds to the style sheet.
const addedSheet = "added.css"

// How large a logo is shown at most, in CSS pixels.
const (
	logoHeight = 44
	logoWidth  = 224
)

// dress makes the style sheet, the icon and the logo of a brand.
func (s *Set) dress(b Brand) error {
	s.light, s.dark = b.palettes()
	sheet, err := s.styleSheet()
	if err != nil {
		return err
	}
	s.putAsset("style.css", sheet, contentTypes[".css"])
	s.worn = worn{Alone: b.LogoAlone && b.Logo != nil}
	s.dressIcon(b)
	if b.Logo == nil {
		return nil
	}
	w := &s.worn
	w.light = b.Logo.PNG
	w.Logo, w.Mailed = s.putImage("logo.png", b.Logo), true
	w.Width, w.Height = b.Logo.shown()
	switch {
	case b.LogoDark != nil:
		w.dark = b.LogoDark.PNG
		w.Dark = s.putImage("logo-dark.png", b.LogoDark)
	case b.Logo.Bare:
		w.Plate = Contrast(b.Logo.Shade, s.dark.Page) < leastEdge
	}
	return nil
}

// styleSheet is the colours, and then the style sheet's text.
func (s *Set) styleSheet() ([]byte, error) {
	var b strings.Builder
	b.WriteString(s.light.rule())
	b.WriteString(":root { --plate: " + s.light.Page.String() + "; }\n")
	b.WriteString("@media (prefers-color-scheme: dark) {\n" + s.dark.rule() + "}\n")
	if err := s.writeSheet(&b, "style.css"); err != nil {
		return nil, err
	}
	if more, ok := s.names[addedSheet]; ok { // it is part of the one style sheet
		b.WriteString("\n")
		if err := s.writeSheet(&b, addedSheet); err != nil {
			return nil, err
		}
		delete(s.assets, more)
		delete(s.names, addedSheet)
	}
	return []byte(b.String()), nil
}

// writeSheet writes a style sheet with the addresses of the assets that it names: url(asset:name).
func (s *Set) writeSheet(to *strings.Builder, name string) error {
	raw := s.bytesOf(name)
	last := 0
	for _, found := range ofAsset.FindAllSubmatchIndex(raw, -1) {
		at, ok := s.names[string(raw[found[2]:found[3]])]
		if !ok {
			return &placeError{file: "static/" + name, line: 1 + bytes.Count(raw[:found[0]], []byte("\n")), err: fmt.Errorf("no file %q in static", raw[found[2]:found[3]])}
		}
		to.Write(raw[last:found[0]])
		to.WriteString(`url("..` + strings.TrimPrefix(at, "/static") + `")`) // beside the style sheet's own directory
		last = found[1]
	}
	to.Write(raw[last:])
	return nil
}

// dressIcon takes the brand's icon, its logo if that is about square, or the mark in the brand's colour.
func (s *Set) dressIcon(b Brand) {
	icon := b.Icon
	if icon == nil && b.Logo != nil && b.Logo.Width*4 <= b.Logo.Height*5 && b.Logo.Height*4 <= b.Logo.Width*5 {
		icon = b.Logo
	}
	if icon != nil {
		s.worn.Icon, s.worn.IconType = s.putImage("icon.png", icon), contentTypes[".png"]
		return
	}
	svg := string(s.bytesOf("icon.svg"))
	svg = strings.ReplaceAll(svg, lightPalette.Wax.String(), s.light.Wax.String())
	svg = strings.ReplaceAll(svg, "#fff", s.light.Hole.String())
	s.putAsset("icon.svg", []byte(svg), contentTypes[".svg"])
	s.worn.Icon, s.worn.IconType = s.names["icon.svg"], contentTypes[".svg"]
}

func (s *Set) putImage(name string, i *Image) string {
	s.putAsset(name, i.PNG, contentTypes[".png"])
	return s.names[name]
}

// shown is how large an image is shown, in CSS pixels: at most its own size, and within a logo's.
func (i *Image) shown() (width, height int) {
	width, height = i.Width, i.Height
	if height > logoHeight {
		width, height = max(1, width*logoHeight/height), logoHeight
	}
	if width > logoWidth {
		width, height = logoWidth, max(1, height*logoWidth/width)
	}
	return width, height
}

// pictures are what mails bring with them. A mail that fetched them would tell when it was read.
func (w worn) pictures() map[string][]byte {
	if !w.Mailed {
		return nil
	}
	out := map[string][]byte{"logo": w.light}
	if w.dark != nil {
		out["logo-dark"] = w.dark
	}
	return out
}
