package templates

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/text/language"
)

// module returns the string literals of the module's code, and those given to Msg.
func module(t *testing.T) (literals, keys []string) {
	t.Helper()
	set := token.NewFileSet()
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && (name == "third_party" || name == "node_modules" || name != ".." && strings.HasPrefix(name, ".")) {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil // the compiler tells
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if lit, ok := stringLit(n); ok {
				literals = append(literals, lit)
			}
			if key, ok := msgKey(n); ok {
				keys = append(keys, key)
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return literals, keys
}

func stringLit(n ast.Node) (string, bool) {
	lit, ok := n.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(lit.Value)
	return s, err == nil
}

// msgKey reads Msg("key", …) and templates.Msg("key", …).
func msgKey(n ast.Node) (string, bool) {
	call, ok := n.(*ast.CallExpr)
	if !ok || len(call.Args) == 0 {
		return "", false
	}
	switch f := call.Fun.(type) {
	case *ast.Ident:
		ok = f.Name == "Msg"
	case *ast.SelectorExpr:
		ok = f.Sel.Name == "Msg"
	default:
		ok = false
	}
	if !ok {
		return "", false
	}
	return stringLit(call.Args[0])
}

// New has refused unknown keys in templates; here are those in code.
func TestMessages_UsedExist(t *testing.T) {
	l := newSet(t).languages[0]
	_, keys := module(t)
	if len(keys) < 3 {
		t.Fatalf("found only %d uses", len(keys))
	}
	for _, key := range keys {
		if !l.Has(key) {
			t.Errorf("message %q does not exist", key)
		}
	}
}

func TestMessages_ExistingUsed(t *testing.T) {
	l := newSet(t).languages[0]
	used := map[string]bool{}
	for _, page := range l.set.parsed {
		for _, u := range uses(page) {
			used[u.key] = true
		}
	}
	literals, _ := module(t)
	for _, key := range l.catalog.keys() {
		if !used[key] && !inCode(key, literals) {
			t.Errorf("message %q is used nowhere", key)
		}
	}
}

// inCode finds a key whole, or composed from a literal that ends in a dot.
func inCode(key string, literals []string) bool {
	for _, s := range literals {
		if s == key || strings.HasSuffix(s, ".") && len(s) > 1 && strings.HasPrefix(key, s) {
			return true
		}
	}
	return false
}

// Composed keys: every value that a type can have has its messages.
func TestMessages_Composed(t *testing.T) {
	l := newSet(t).languages[0]
	var texts []Text
	for _, k := range ErrorKinds {
		texts = append(texts, k.Title(), k.Words())
	}
	for _, p := range []LoginProblem{LoginWrong, LoginThrottled, LoginStale, LoginPasskey, LoginLocked, LoginExpired, LoginLeaving} {
		texts = append(texts, Login{Problem: p, Reason: "a reason"}.Explain())
	}
	for _, c := range []Trust{"", Unverified, Verified, FirstParty} {
		texts = append(texts, (&Client{Trust: c}).Note())
	}
	for _, s := range []State{OK, Warn, Bad} {
		texts = append(texts, s.Words())
	}
	for _, s := range []StepState{StepDone, StepCurrent, StepTodo} {
		texts = append(texts, s.Words())
	}
	for name := range described {
		texts = append(texts, Scope{Name: name}.Heading(), Scope{Name: name}.Reason())
	}
	texts = append(texts, Scope{Name: "x"}.Heading(), Scope{Name: "x"}.Reason())
	for _, text := range texts {
		if words, err := l.String(text); err != nil || words == "" {
			t.Errorf("%+v: %q, %v", text, words, err)
		}
	}
}

func overlay(files map[string]string) Options {
	fsys := fstest.MapFS{}
	for name, data := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(data)}
	}
	return Options{Overlay: fsys}
}

func TestMessages_Overlay(t *testing.T) {
	s, err := New(overlay(map[string]string{
		"messages/en.toml":      "[login]\nsubmit = 'Go'",
		"messages/fa.toml":      "[login]\nsubmit = 'ورود'",
		"messages/area/en.toml": "x = 'X **{who}**'",
	}))
	if err != nil {
		t.Fatal(err)
	}
	en, fa := s.Match("", "en"), s.Match("fa en", "")
	if fa.Tag() != "fa" || fa.Dir() != "rtl" || en.Dir() != "ltr" {
		t.Errorf("languages %s %s, %s %s", en.Tag(), en.Dir(), fa.Tag(), fa.Dir())
	}
	for _, c := range []struct {
		l    *Language
		text Text
		want string
	}{
		{en, Msg("login.submit"), "Go"}, {fa, Msg("login.submit"), "ورود"}, {fa, Msg("login.password"), "Password"},
		{en, Msg("area.x", "who", "you"), "X you"},
	} {
		if got, err := c.l.String(c.text); got != c.want || err != nil {
			t.Errorf("%+v in %s: %q, %v, want %q", c.text, c.l.Tag(), got, err, c.want)
		}
	}
}

func TestNew_Refuses(t *testing.T) {
	for name, files := range map[string]map[string]string{
		"broken template":         {"html/login.html": `{{define "main"}}{{if}}{{end}}`},
		"unknown message":         {"html/login.html": `{{define "title"}}{{t "no.such"}}{{end}}{{define "main"}}{{end}}`},
		"placeholder not filled":  {"messages/de.toml": "[login]\nto-client = 'zu {clinet}'"},
		"unpaired brace":          {"messages/de.toml": "[login]\nsubmit = 'a } b'"},
		"unclosed strong":         {"messages/de.toml": "[login]\nsubmit = '**a'"},
		"number for a message":    {"messages/de.toml": "[login]\nsubmit = 3"},
		"no language":             {"messages/notalanguagename.toml": ""},
		"asset of a strange kind": {"static/x.html": "<script>"},
	} {
		if _, err := New(overlay(files)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestMatch(t *testing.T) {
	s, err := New(overlay(map[string]string{"messages/de.toml": "", "messages/pt-BR.toml": "", "messages/zh-Hant.toml": ""}))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ locales, accept, want string }{
		{"", "", "en"}, {"se", "", "en"}, {"se de", "", "de"}, {"de-CH-1996", "en", "de"}, {"", "fi;q=1, de;q=0.5, en;q=0.1", "de"}, {"fr-CA", "de", "fr"},
		{"fr-CA de", "", "fr"}, {"", "fr-CA, de;q=0.9", "fr"}, {"ar-EG en", "", "ar"}, {"es-419", "", "es"}, {"", "de-AT,fr;q=0.9", "de"}, {"fi sv fr-CH", "", "fr"},
		{"pt", "", "pt-BR"}, {"zh-TW", "de", "zh-Hant"}, {"xx-yy-zz-!! \x00 <script>", "de", "de"}, {"", "de;q=x", "en"},
		{"", strings.Repeat("a-", 100000), "en"}, {strings.Repeat("a ", 100000), "", "en"}, {"", "*", "en"},
	} {
		if got := s.Match(c.locales, c.accept).Tag(); got != c.want {
			t.Errorf("Match(%.40q, %.40q) = %s, want %s", c.locales, c.accept, got, c.want)
		}
	}
}

func TestPlural(t *testing.T) {
	s, err := New(overlay(map[string]string{
		"messages/pl.toml": "[home.sessions-count]\none='{n} a'\nfew='{n} b'\nmany='{n} c'\nother='{n} d'",
	}))
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range map[int]string{1: "1 a", 3: "3 b", 5: "5 c", 22: "22 b"} {
		if got, err := s.Match("pl", "").String(Msg("home.sessions-count", "n", n)); got != want || err != nil {
			t.Errorf("%d: %q, %v, want %q", n, got, err, want)
		}
	}
	if got, _ := s.Match("en", "").String(Msg("home.sessions-count", "n", 1)); got != "1 device" {
		t.Errorf("en: %q", got)
	}
}

func TestFallback_IsFirst(t *testing.T) {
	if got := newSet(t).Languages()[0].tag; got != language.English {
		t.Errorf("first language %s", got)
	}
}
