package templates

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
)

// Colour is a colour of sRGB without transparency.
type Colour struct{ R, G, B uint8 }

var colourForm = regexp.MustCompile(`^#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})$`)

// ParseColour reads #rrggbb or #rgb, and nothing else of what CSS calls a colour.
func ParseColour(s string) (Colour, error) {
	if !colourForm.MatchString(s) {
		return Colour{}, fmt.Errorf("templates: colour: want #rrggbb")
	}
	s = s[1:]
	if len(s) == 3 {
		s = string([]byte{s[0], s[0], s[1], s[1], s[2], s[2]})
	}
	n, err := strconv.ParseUint(s, 16, 24)
	return Colour{uint8(n >> 16), uint8(n >> 8), uint8(n)}, err
}

// hex6 is ParseColour for colours that are written in the source.
func hex6(s string) Colour {
	c, err := ParseColour(s)
	if err != nil {
		panic(err.Error() + ": " + s)
	}
	return c
}

func (c Colour) String() string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }

// linear are the shares of light of the three primaries.
func (c Colour) linear() (r, g, b float64) {
	return toLinear(c.R), toLinear(c.G), toLinear(c.B)
}

func toLinear(v uint8) float64 {
	x := float64(v) / 255
	if x <= 0.04045 {
		return x / 12.92
	}
	return math.Pow((x+0.055)/1.055, 2.4)
}

func fromLinear(x float64) float64 {
	if x <= 0.0031308 {
		return 12.92 * x
	}
	return 1.055*math.Pow(x, 1/2.4) - 0.055
}

// luminance is how light a colour is, from 0 to 1 (WCAG 2.2, relative luminance).
func (c Colour) luminance() float64 {
	r, g, b := c.linear()
	return 0.2126*r + 0.7152*g + 0.0722*b
}

// Contrast is the contrast ratio of two colours, from 1 to 21 (WCAG 2.2).
func Contrast(a, b Colour) float64 {
	x, y := a.luminance(), b.luminance()
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// mix is a share of one colour and the rest of another, as a screen mixes them.
func mix(a, b Colour, share float64) Colour {
	part := func(x, y uint8) uint8 { return uint8(math.Round(float64(x)*(1-share) + float64(y)*share)) }
	return Colour{part(a.R, b.R), part(a.G, b.G), part(a.B, b.B)}
}

// lab is a colour in Oklab: lightness from 0 to 1, and two axes of hue, in which equal distances look equal.
type lab struct{ l, a, b float64 }

// lab puts a colour into Oklab; the numbers are those of its definition (Björn Ottosson, 2020).
func (c Colour) lab() lab {
	r, g, b := c.linear()
	l := math.Cbrt(0.4122214708*r + 0.5363325363*g + 0.0514459929*b)
	m := math.Cbrt(0.2119034982*r + 0.6806995451*g + 0.1073969566*b)
	s := math.Cbrt(0.0883024619*r + 0.2817188376*g + 0.6299787005*b)
	return lab{
		0.2104542553*l + 0.7936177850*m - 0.0040720468*s,
		1.9779984951*l - 2.4285922050*m + 0.4505937099*s,
		0.0259040371*l + 0.7827717662*m - 0.8086757660*s,
	}
}

// rgb is the colour in sRGB, and whether sRGB has it.
func (o lab) rgb() (Colour, bool) {
	l := o.l + 0.3963377774*o.a + 0.2158037573*o.b
	m := o.l - 0.1055613458*o.a - 0.0638541728*o.b
	s := o.l - 0.0894841775*o.a - 1.2914855480*o.b
	l, m, s = l*l*l, m*m*m, s*s*s
	good := true
	channel := func(x float64) uint8 {
		v := fromLinear(x)
		good = good && v > -0.002 && v < 1.002
		return uint8(math.Round(255 * min(max(v, 0), 1)))
	}
	c := Colour{
		channel(4.0767416621*l - 3.3077115913*m + 0.2309699292*s),
		channel(-1.2684380046*l + 2.6097574011*m - 0.3413193965*s),
		channel(-0.0041960863*l - 0.7034186147*m + 1.7076147010*s),
	}
	return c, good
}

// lightened is the colour with another lightness and its own hue, paler where sRGB has no such strong one.
func (o lab) lightened(l float64) Colour {
	for share := 1.0; share > 0; share -= 0.1 {
		if c, good := (lab{l, o.a * share, o.b * share}).rgb(); good {
			return c
		}
	}
	c, _ := lab{l: l}.rgb()
	return c
}

// shade is the colour made lighter, or with a negative number darker, in Oklab's lightness.
func (c Colour) shade(by float64) Colour {
	o := c.lab()
	return o.lightened(min(max(o.l+by, 0), 1))
}

// reaches tells whether a colour has a contrast against every one of the others.
func (c Colour) reaches(least float64, against ...Colour) bool {
	for _, other := range against {
		if Contrast(c, other) < least {
			return false
		}
	}
	return true
}

// nearest is the colour of the same hue and the nearest lightness that has a contrast against all the others; it is the colour itself
// if that has it already. Where they are so different that no colour has, ok is false.
func (c Colour) nearest(least float64, against ...Colour) (near Colour, ok bool) {
	if c.reaches(least, against...) {
		return c, true
	}
	const step = 1.0 / 256
	o := c.lab()
	for by := step; by <= 1; by += step {
		for _, l := range []float64{o.l - by, o.l + by} {
			if l < -step || l > 1+step {
				continue
			}
			if near := o.lightened(min(max(l, 0), 1)); near.reaches(least, against...) {
				return near, true
			}
		}
	}
	return c, false
}
