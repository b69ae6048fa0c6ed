package cli

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// writePicture writes a picture of one colour.
func writePicture(t *testing.T, name string, w, h int) string {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		img.SetNRGBA(i%w, i/w, color.NRGBA{G: 0x60, B: 0x50, A: 255})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestConfigCheck_ColoursThatCannotBeRead(t *testing.T) {
	path := writeFile(t, "[branding]\naccent = \"#ff9900\"\ntext_dark = \"#555\"\nhelp_uri = \"javascript:alert(1)\"\n")
	code, _, errs := run(t, "", "--config", path, "config", "check")
	if code != exitConfig {
		t.Fatalf("exit %d: %s", code, errs)
	}
	for _, want := range []string{":2", "branding.accent", "1.92:1", "at least 4.5:1", `accent = "#a1`, "branding.text_dark", "branding.help_uri"} {
		if !strings.Contains(errs, want) {
			t.Errorf("no %q in\n%s", want, errs)
		}
	}
	good := writeFile(t, "[branding]\naccent = \"#00695c\"\nhelp_uri = \"mailto:help@example.com\"\nterms_uri = \"https://example.com/terms\"\nprivacy_uri = \"/privacy\"\nlogo = \""+writePicture(t, "logo.png", 900, 300)+"\"\n")
	ok(t, "--config", good, "config", "check")
}

// A logo is a picture, of a bounded size: no SVG, nothing that unpacks to more than it looks, nothing that is not there.
func TestAttack_AN12_ALogoIsAPictureAndNothingElse(t *testing.T) {
	dir := t.TempDir()
	svg, big := filepath.Join(dir, "logo.svg"), filepath.Join(dir, "big.png")
	if err := os.WriteFile(svg, []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(big, append([]byte("\x89PNG\r\n\x1a\n"), make([]byte, 2<<20)...), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{svg, big, dir, filepath.Join(dir, "absent.png"), writePicture(t, "wide.png", 5000, 1), "/etc/passwd", "/dev/zero"} {
		fails(t, exitConfig, "branding.logo", "--config", writeFile(t, "[branding]\nlogo = \""+bad+"\"\n"), "config", "check")
	}
}

// A look is taken over by a reload; one that is not good changes nothing.
func TestReload_TakesALook(t *testing.T) {
	r := newReloading(t, "name = \"One\"\n")
	before := r.node.Load().pages.Asset("style.css")
	r.read("name = \"One\"\n[branding]\naccent = \"#00695c\"\nlogo = \"" + writePicture(t, "logo.png", 300, 100) + "\"\n")
	after := r.node.Load().pages
	if after.Asset("style.css") == before || after.Asset("logo.png") == "" {
		t.Fatalf("the old look:\n%s", r.log)
	}
	r.read("name = \"Two\"\n[branding]\naccent = \"#eeeeee\"\n")
	r.read("name = \"Two\"\n[branding]\nlogo = \"" + filepath.Join(t.TempDir(), "absent") + "\"\n")
	if n := r.node.Load(); n.pages != after || n.config.Name != "One" || strings.Count(r.log.String(), "configuration not reloaded") != 2 {
		t.Errorf("%s\n%s", n.config.Name, r.log)
	}
}

// Languages are those that there are messages for, each named once.
func TestConfigCheck_Languages(t *testing.T) {
	for _, bad := range []string{`["de", "tlh"]`, `["de", "de"]`, `[""]`, `["../de"]`} {
		fails(t, exitConfig, "languages", "--config", writeFile(t, "languages = "+bad+"\n"), "config", "check")
	}
	ok(t, "--config", writeFile(t, "languages = [\"de\", \"en\"]\n"), "config", "check")
}
