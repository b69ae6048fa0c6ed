package templates

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
)

func TestContrast_IsThatOfTheGuidelines(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want float64
	}{{"#000", "#fff", 21}, {"#777777", "#ffffff", 4.48}, {"#767676", "#ffffff", 4.54}, {"#f00", "#fff", 4.0}, {"#123456", "#123456", 1}} {
		if got := Contrast(hex6(c.a), hex6(c.b)); math.Abs(got-c.want) > 0.005 {
			t.Errorf("%s on %s: %.3f, want %.2f", c.a, c.b, got, c.want)
		}
	}
}

func TestColours_GoToOklabAndBack(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		c := someColour(r)
		if back, good := c.lab().rgb(); !good || back != c {
			t.Fatalf("%s comes back as %s, %v", c, back, good)
		}
	}
	for _, bad := range []string{"", "red", "#12", "#12345", "#1234567", "#12345g", "# 12345", "rgb(0,0,0)", "#fff;}", "#ffffff\n"} {
		if c, err := ParseColour(bad); err == nil {
			t.Errorf("%q is %s", bad, c)
		}
	}
}

func someColour(r *rand.Rand) Colour {
	return Colour{uint8(r.IntN(256)), uint8(r.IntN(256)), uint8(r.IntN(256))}
}

// The built-in palettes, and whatever comes of four colours that pass, can be told apart wherever they meet.
func TestPalettes_EverythingCanBeRead(t *testing.T) {
	for name, p := range map[string]Palette{"light": lightPalette, "dark": darkPalette} {
		if bad := p.short(); len(bad) > 0 {
			t.Errorf("%s: %+v", name, bad)
		}
	}
	r, passed := rand.New(rand.NewPCG(3, 4)), 0
	for range 1500 {
		b := Brand{Light: someColours(r), Dark: someColours(r)}
		if len(b.Check()) > 0 {
			continue
		}
		passed++
		light, dark := b.palettes()
		for _, p := range []Palette{light, dark} {
			if bad := p.short(); len(bad) > 0 {
				t.Fatalf("%+v: %+v: %+v", b, bad, p)
			}
		}
	}
	if passed < 50 {
		t.Fatalf("only %d passed", passed)
	}
}

// someColours chooses some of the four.
func someColours(r *rand.Rand) (c Colours) {
	for _, to := range []*string{&c.Accent, &c.Background, &c.Card, &c.Text} {
		if r.IntN(2) == 0 {
			*to = someColour(r).String()
		}
	}
	return c
}

// Whoever is refused is offered a colour that passes, of the same hue and as near as there is one.
func TestBrand_OffersTheNearestThatPasses(t *testing.T) {
	for _, c := range []struct {
		name string
		b    Brand
		key  string
		got  string
	}{
		{"pale accent", Brand{Light: Colours{Accent: "#ff9900"}}, "accent", "accent #ff9900 on background"},
		{"pale text", Brand{Light: Colours{Text: "#999999"}}, "text", "text #999999"},
		{"dark ground", Brand{Light: Colours{Background: "#222222"}}, "background", "accent #2f3e94 on background #222222"},
		{"dark accent", Brand{Dark: Colours{Accent: "#223399"}}, "accent_dark", "accent #223399"},
		{"hair's breadth", Brand{Light: Colours{Text: "#777777", Background: "#fff", Accent: "#000"}}, "text", "4.47:1"},
	} {
		bad := c.b.Check()
		if len(bad) == 0 || bad[0].Setting != c.key || !strings.Contains(bad[0].Got, c.got) || bad[0].Nearest == "" {
			t.Errorf("%s: %+v", c.name, bad)
			continue
		}
		if c.key != "background" {
			near := hex6(bad[0].Nearest)
			p := lightPalette
			if strings.HasSuffix(c.key, "_dark") {
				p = darkPalette
			}
			if ground, err := ParseColour(c.b.Light.Background); err == nil {
				p.Page = ground
			}
			if !near.reaches(leastText, p.Page, p.Card) {
				t.Errorf("%s: %s does not pass", c.name, near)
			}
		}
	}
	impossible := Brand{Light: Colours{Background: "#ffffff", Card: "#333333", Text: "#808080"}}
	if bad := impossible.Check(); len(bad) == 0 || bad[len(bad)-1].Nearest != "" {
		t.Errorf("%+v", bad)
	}
	if bad := (Brand{Light: Colours{Accent: "red;}</style>"}}).Check(); len(bad) != 1 || bad[0].Setting != "accent" {
		t.Errorf("%+v", bad)
	}
}

// A brand is colours and a picture: what it makes of the style sheet are properties whose values are colours.
func TestAttack_AN04_ABrandIsColoursAndALogo(t *testing.T) {
	for _, evil := range []string{"red", "#fff;background:url(//evil.example)", "url(javascript:alert(1))", "expression(alert(1))", "</style><script>", "#fff}body{display:none", "var(--card)"} {
		if _, err := New(Options{Brand: Brand{Light: Colours{Accent: evil}}}); err == nil {
			t.Errorf("%q is a colour", evil)
		}
	}
	s := branded(t)
	sheet := string(s.Assets()[s.Asset("style.css")].Bytes)
	property := regexp.MustCompile(`^  (--[a-z-]+: (#[0-9a-f]{6}|0 1px 2px rgb\(.*\))|color-scheme: (light|dark));$`)
	head, _, _ := strings.Cut(sheet, "/*")
	for line := range strings.SplitSeq(strings.TrimSpace(head), "\n") {
		if strings.HasPrefix(line, "  ") && !property.MatchString(line) {
			t.Errorf("a property %q", line)
		}
	}
	if strings.Contains(head, lightPalette.Accent.String()) || !strings.Contains(head, "--accent: #00695c;") {
		t.Errorf("the style sheet begins\n%s", head)
	}
	for _, sample := range Samples() {
		var b bytes.Buffer
		if err := s.Render(&b, nil, sample.Page); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(b.String(), "style=") || strings.Contains(b.String(), "<style") {
			t.Errorf("%s has a style of its own", sample.Name)
		}
	}
	if csp := (Login{}).Policy().String(); strings.Contains(csp, "unsafe") {
		t.Errorf("policy %s", csp)
	}
}

// painted is a picture of one colour with a clear margin.
func painted(t testing.TB, w, h int, c color.NRGBA) *Image {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := h / 8; y < h-h/8; y++ {
		for x := h / 8; x < w-h/8; x++ {
			img.SetNRGBA(x, y, c)
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	out, err := NewImage(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func branded(t testing.TB) *Set {
	t.Helper()
	s, err := New(Options{Brand: Brand{
		Light: Colours{Accent: "#00695c", Background: "#eef5f3", Card: "#ffffff", Text: "#13211e"},
		Logo:  painted(t, 400, 100, color.NRGBA{G: 0x50, B: 0x40, A: 255}), LogoAlone: true,
	}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestBrand_LogoStandsOnEveryPage(t *testing.T) {
	s := branded(t)
	if s.Asset("logo.png") == "" || s.worn.Width != 176 || s.worn.Height != 44 || !s.worn.Plate {
		t.Fatalf("%+v", s.worn)
	}
	for _, sample := range Samples() {
		doc := document(t, s, nil, sample.Page)
		found := 0
		for _, img := range elements(doc, "img") {
			if attr(img, "src") == sample.Page.common().Path+s.Asset("logo.png") {
				found++
				if attr(img, "alt") != sample.Page.common().Product {
					t.Errorf("%s: the logo is called %q", sample.Name, attr(img, "alt"))
				}
			}
		}
		if found != 1 {
			t.Errorf("%s: %d logos", sample.Name, found)
		}
	}
	both, err := New(Options{Brand: Brand{Logo: painted(t, 64, 64, color.NRGBA{A: 255}), LogoDark: painted(t, 64, 64, color.NRGBA{R: 255, G: 255, B: 255, A: 255})}})
	if err != nil {
		t.Fatal(err)
	}
	if both.worn.Plate || both.worn.Dark == "" || both.worn.Icon != both.Asset("icon.png") || both.worn.IconType != "image/png" {
		t.Errorf("%+v", both.worn)
	}
}

// Mails wear the colours of the pages and bring the logo with them: nothing is fetched when one is read.
func TestBrand_MailsWearItToo(t *testing.T) {
	s := branded(t)
	w, err := s.Write(Letter{Product: "Example ID", Home: "https://id.example.com", Kind: "recover", Link: "https://id.example.com/x", Args: []any{"minutes", 15, "n", 15}}, "en")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"background:#00695c;color:#ffffff", "background:#eef5f3", `src="cid:logo"`, "background: " + s.dark.Accent.String()} {
		if !strings.Contains(w.HTML, want) {
			t.Errorf("no %q in\n%s", want, w.HTML)
		}
	}
	if len(w.Pictures["logo"]) == 0 || strings.Contains(w.HTML, `src="http`) || strings.Contains(w.HTML, "ZgotmplZ") {
		t.Errorf("%d pictures in\n%s", len(w.Pictures), w.HTML)
	}
	for _, c := range []Colour{lightPalette.Accent, hex6("#7a4b00")} {
		if strings.Contains(w.HTML, c.String()) {
			t.Errorf("the mail has %s", c)
		}
	}
}

func TestFooter_LinksAreTheOperatorsAndStrict(t *testing.T) {
	base := Base{Product: "X", Path: "/t"}
	for _, c := range []struct{ in, help, terms string }{
		{"", "", ""}, {"/help", "/t/help", "/t/help"}, {"https://example.com/h", "https://example.com/h", "https://example.com/h"},
		{"mailto:help@example.com", "mailto:help@example.com", ""}, {"mailto:help@example.com?bcc=x@y.z", "", ""}, {"mailto:a@b.c,d@e.f", "", ""},
		{"javascript:alert(1)", "", ""}, {"//evil.example", "", ""}, {`/\evil.example`, "", ""}, {"http://example.com", "", ""}, {"data:text/html,x", "", ""},
	} {
		base.Help, base.Terms, base.Privacy = c.in, c.in, c.in
		if got := fmt.Sprint(base.HelpLink(), " ", base.TermsLink(), " ", base.PrivacyLink()); got != c.help+" "+c.terms+" "+c.terms {
			t.Errorf("%q: %q", c.in, got)
		}
	}
}
