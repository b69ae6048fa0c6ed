package templates

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// directory writes files.
func directory(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func builtIn(t testing.TB, name string) string {
	t.Helper()
	raw, err := embedded.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestDirectory_ReplacesPagesWordsMailsAndAddsStyle(t *testing.T) {
	dir := directory(t, map[string]string{
		"html/home.html":        strings.Replace(builtIn(t, "html/home.html"), `<div class="card">`, `<div class="card ours">{{t "ours.motto" "name" .Product}}`, 1),
		"messages/en.toml":      "[ours]\nmotto = \"{name} for all\"\n[login]\nsubmit = \"Come in\"\n",
		"messages/ja.toml":      "[login]\nsubmit = \"サインイン\"\n",
		"mail/letter.txt":       builtIn(t, "mail/letter.txt") + "Example Ltd\n",
		"static/added.css":      "@font-face { font-family: House; src: url(asset:house.woff2); }\n.ours { color: var(--accent); background: url('asset:paper.png') }\n",
		"static/house.woff2":    "wOF2",
		"static/paper.png":      "png",
		"README.md":             "ours",
		".git/config":           "x",
		"messages/mail/en.toml": "[verify]\nsubject = \"Is this yours?\"\n",
	})
	s, err := OpenDirectory(dir, Brand{})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := s.Render(&b, nil, Home{Base: Base{Product: "<b>Us</b>"}, SignIn: "/login"}); err != nil {
		t.Fatal(err)
	}
	if out := b.String(); !strings.Contains(out, "&lt;b&gt;Us&lt;/b&gt; for all") || strings.Contains(out, "<b>Us") {
		t.Errorf("the page:\n%s", out)
	}
	b.Reset()
	if err := s.Render(&b, s.Match("ja", ""), loginSamples()[0].Page); err != nil || !strings.Contains(b.String(), "サインイン") || !strings.Contains(b.String(), `lang="ja"`) {
		t.Errorf("%v\n%s", err, b.String())
	}
	sheet := string(s.Assets()[s.Asset("style.css")].Bytes)
	for _, want := range []string{`src: url("..` + strings.TrimPrefix(s.Asset("house.woff2"), "/static") + `")`, `url("../`, ".ours { color", ".card {"} {
		if !strings.Contains(sheet, want) {
			t.Errorf("no %q in the style sheet", want)
		}
	}
	if s.Asset("added.css") != "" || s.Assets()[s.Asset("house.woff2")].ContentType != "font/woff2" {
		t.Error("the added style sheet is a file of its own, or the font is none")
	}
	if p := (Login{}); s.Policy(p) != p.Policy().String()+"; font-src 'self'" || newSet(t).Policy(p) != p.Policy().String() {
		t.Errorf("policy %s", s.Policy(p))
	}
	w, err := s.Write(Letter{Kind: "verify", Product: "X", Home: "https://x.example", Link: "https://x.example/v", Args: []any{"minutes", 5}}, "en")
	if err != nil || w.Subject != "Is this yours?" || !strings.HasSuffix(w.Text, "Example Ltd\n") {
		t.Errorf("%v: %+v", err, w)
	}
}

// A layout need not have the menu of languages: it leads nowhere that people must go.
func TestDirectory_TheMenuOfLanguagesIsDispensable(t *testing.T) {
	layout := builtIn(t, "html/layout.html")
	from, to := strings.Index(layout, "{{- block \"languages\""), strings.Index(layout, "{{- with .HelpLink")
	if _, err := OpenDirectory(directory(t, map[string]string{"html/layout.html": layout[:from] + layout[to:]}), Brand{}); err != nil {
		t.Error(err)
	}
}

// What can be exported can be used as it is.
func TestDirectory_TheExportIsGood(t *testing.T) {
	files, err := Export()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for name, raw := range files {
		all[name] = string(raw)
	}
	if all["html/login.html"] == "" || all["mail/letter.html"] == "" || all["messages/en.toml"] == "" || all["static/style.css"] == "" || all["static/enhance.js"] != "" {
		t.Fatalf("%d files", len(all))
	}
	s, err := OpenDirectory(directory(t, all), Brand{})
	if err != nil {
		t.Fatal(err)
	}
	if own := newSet(t); s.Asset("style.css") != own.Asset("style.css") {
		t.Error("another style sheet")
	}
}

// A flaw is told with its file and line, and with the page that shows it.
func TestDirectory_FlawsSayWhere(t *testing.T) {
	login := builtIn(t, "html/login.html")
	for _, c := range []struct{ file, text, want string }{
		{"html/nopage.html", "x", "html/nopage.html: there is no such page"},
		{"pages/login.html", "x", "pages: no such directory"},
		{"messages/there/en.toml", "x", "messages/there: no such directory"},
		{"static/evil.js", "x", "static/evil.js: scripts are not replaced"},
		{"static/Evil;.css", "x", "static/Evil;.css: allowed are"},
		{"static/page.html", "x", "static/page.html: allowed are"},
		{"html/login.html", strings.Repeat("x", maxOverride+1), "html/login.html: has 1048577 bytes"},
		{"html/login.html", "\n{{if}}" + login, "html/login.html:2: missing value for if"},
		{"html/login.html", "{{define \"x\"}}\n\n{{nothing}}{{end}}" + login, `html/login.html:3: function "nothing" not defined`},
		{"html/login.html", strings.Replace(login, ".Action}}", ".Akshun}}", 1), `page login-dev in en: executing "main"`},
		{"html/login.html", strings.Replace(login, `{{t "login.title"}}`, `{{t "login.titel"}}`, 1), `html/login.html:1: message "login.titel" does not exist`},
		{"html/login.html", strings.ReplaceAll(login, `{{template "request" .}}`, ""), `html/login.html: page login: the form #login lacks the field "csrf"`},
		{"html/login.html", strings.ReplaceAll(login, `name="password"`, `name="passwort"`), `the form #login lacks the field "password"`},
		{"html/login.html", strings.ReplaceAll(login, `id="login" method="post"`, `id="login" method="get"`), "no form that posts to"},
		{"html/home.html", builtIn(t, "html/home.html") + "\n\n<p>x</p>", `html/home.html:25: something stands outside`},
		{"messages/en.toml", "[login]\nsubmit = \"x\"\ntitel = \"x\"\n", `messages/en.toml:3: message "login.titel": nothing says it`},
		{"messages/de.toml", "[login]\nto-self = \"zu {wem}\"\n", `messages/de.toml:2: message "login.to-self": nothing fills {wem}`},
		{"messages/de.toml", "[login]\ntitle = \"{\"\n", `messages/de.toml:2: login.title: unpaired brace`},
		{"messages/de.toml", "[login]\ntitle = x\n", "messages/de.toml:2: "},
		{"messages/klingonisch.toml", "", "messages/klingonisch.toml: "},
		{"mail/letter.txt", "{{t .Lead}}", "mail"},
		{"mail/letter.html", "{{.Nothing}}", "mail/letter.html:1: page mail"},
		{"static/added.css", "a{}\n@import 'x.css';", "static/added.css:2: @import loads nothing"},
		{"static/added.css", "a{}\n/* url(x) */\nb{background:url(https://evil.example/x.png)}", "static/added.css:3: name a file of static"},
		{"static/added.css", "b{background:url(asset:absent.png)}", `static/added.css:1: no file "absent.png" in static`},
	} {
		_, err := OpenDirectory(directory(t, map[string]string{c.file: c.text}), Brand{})
		var flaws Flaws
		if !errors.As(err, &flaws) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v\nwant %s", c.file, err, c.want)
		}
	}
	if _, err := OpenDirectory(filepath.Join(t.TempDir(), "absent"), Brand{}); err == nil || !strings.Contains(err.Error(), "no such file or directory") {
		t.Errorf("%v", err)
	}
}

// Nothing outside the directory is read, whatever links in it point to.
func TestAttack_AN12_TemplatesStayInTheirDirectory(t *testing.T) {
	outside := directory(t, map[string]string{"secret": "{{/* */}}secret", "html/login.html": "secret", "en.toml": "[login]\nsubmit = \"secret\"\n"})
	for name, target := range map[string]string{
		"html/login.html": filepath.Join(outside, "secret"), "html": filepath.Join(outside, "html"), "static/added.css": "../../../../../../../../etc/passwd",
		"messages/en.toml": filepath.Join(outside, "en.toml"), "mail/letter.txt": "/dev/zero", "static/x.png": filepath.Join(outside, "secret"),
	} {
		dir := t.TempDir()
		link := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(link), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(target, link); err != nil {
			t.Fatal(err)
		}
		if s, err := OpenDirectory(dir, Brand{}); err == nil {
			t.Errorf("%s -> %s was read: %v", name, target, s.Asset("x.png"))
		} else if strings.Contains(err.Error(), "secret") && !strings.Contains(err.Error(), "escapes") {
			t.Errorf("%s: %v", name, err)
		}
	}
	// A link within is as good as a file.
	dir := directory(t, map[string]string{"static/one.css": "p{}"})
	if err := os.Symlink("one.css", filepath.Join(dir, "static", "added.css")); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenDirectory(dir, Brand{}); err != nil {
		t.Error(err)
	}
}

// Files of the operator change what pages look like, not what browsers are allowed: no script, no style beside the style sheet, nothing
// from elsewhere, no header.
func TestAttack_AN04_OverridesDoNotWeakenThePolicy(t *testing.T) {
	home := builtIn(t, "html/home.html")
	for _, evil := range []string{
		"<script>alert(1)</script>", "<script src=\"https://evil.example/x.js\"></script>", "<style>a{}</style>", `<p style="color:red">x</p>`, `<p onclick="x()">x</p>`,
		`<img src="//evil.example/x.png" alt="">`, `<img srcset="https://evil.example/x.png 2x" alt="">`, `<link rel="stylesheet" href="http://evil.example/x.css">`,
		`<base href="/x">`, `<meta http-equiv="Content-Security-Policy" content="x">`, `<object data="x"></object>`, `<iframe src="https://evil.example/"></iframe>`,
		`<form action="https://evil.example/" method="post"></form>`, `<form><button formaction="javascript:alert(1)">x</button></form>`, `<svg><use href="https://evil.example/x.svg#a"/></svg>`,
	} {
		_, err := OpenDirectory(directory(t, map[string]string{"html/home.html": evil + home}), Brand{})
		if err == nil || !strings.Contains(err.Error(), "html/home.html:1: ") {
			t.Errorf("%s: %v", evil, err)
		}
	}
}
