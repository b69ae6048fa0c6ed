package main_test

import (
	"encoding/json"
	"go/ast"
	"os"
	"os/exec"
	"path"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// These tests are attack rows that the source answers as a whole, not one place of it.

// version is a version of Go or of a module in numbers that can be compared.
func version(text string) (v [3]int) {
	text = strings.TrimLeft(text, "gov")
	for i, part := range strings.SplitN(text, ".", 3) {
		digits := strings.IndexFunc(part, func(r rune) bool { return r < '0' || r > '9' })
		if digits >= 0 {
			part = part[:digits]
		}
		v[i], _ = strconv.Atoi(part)
	}
	return v
}

func older(a, b [3]int) bool {
	for i := range a {
		if a[i] != b[i] {
			return a[i] < b[i]
		}
	}
	return false
}

// leastGo is the first release without the faults of html/template, os.Root, mime, net/url and crypto/tls of 2025 and 2026.
const leastGo = "1.26.6"

// A release of Go with known faults in what stands between strangers and us cannot build this.
func TestAttack_AN03_AN12_AO11_Toolchain(t *testing.T) {
	if v := runtime.Version(); older(version(v), version(leastGo)) {
		t.Errorf("tested with %s, want go%s or later", v, leastGo)
	}
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`(?m)^go (\S+)$`).FindSubmatch(mod)
	if found == nil || older(version(string(found[1])), version(leastGo)) {
		t.Errorf("go.mod takes %q, want go %s or later", found, leastGo)
	}
	for file, says := range map[string]string{"Makefile": `.ci/vulnerabilities $(GOVULNCHECK)`, ".ci/vulnerabilities": `go run "$1" ./...`} {
		text, err := os.ReadFile(file)
		if err != nil || !strings.Contains(string(text), says) {
			t.Errorf("%s: nothing looks for known vulnerabilities: %v", file, err)
		}
	}
}

// leastModules are the first versions without known faults that would concern us; an empty one says that the module has no business
// here at all.
var leastModules = map[string]string{
	"github.com/jackc/pgx/v5":            "5.9.2", // CVE-2026-41889
	"github.com/go-jose/go-jose/v3":      "3.0.5", // CVE-2025-27144, CVE-2026-34986; fosite has it, we do not link it
	"github.com/go-jose/go-jose/v4":      "4.1.4",
	"github.com/wneessen/go-mail":        "0.7.1", // CVE-2025-59937
	"github.com/golang-jwt/jwt/v5":       "5.2.2", // CVE-2025-30204
	"golang.org/x/crypto":                "0.45.0",
	"golang.org/x/net":                   "0.45.0",
	"github.com/rs/cors":                 "", // CVE-2025-47908
	"github.com/gorilla/csrf":            "", // CVE-2025-24358, CVE-2025-47909
	"github.com/gorilla/handlers":        "",
	"github.com/golang-jwt/jwt":          "",
	"github.com/dgrijalva/jwt-go":        "",
	"github.com/microcosm-cc/bluemonday": "",
}

func TestAttack_AN05_AO18_Modules(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{.Path}} {{.Version}}{{end}}", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		name, v, _ := strings.Cut(strings.TrimSpace(line), " ")
		least, listed := leastModules[name]
		if !listed || seen[name] {
			continue
		}
		seen[name] = true
		if least == "" || older(version(v), version(least)) {
			t.Errorf("%s %s, want %q or later, or none", name, v, least)
		}
	}
	if !seen["github.com/jackc/pgx/v5"] || !seen["github.com/go-jose/go-jose/v4"] {
		t.Errorf("modules seen: %v", seen)
	}
}

// names are the packages that a file imports, by their local names.
func (s source) names() map[string]string {
	names := map[string]string{}
	for _, spec := range s.file.Imports {
		full := imported(spec)
		local := path.Base(strings.TrimSuffix(full, "/v2"))
		if spec.Name != nil {
			local = spec.Name.Name
		}
		names[local] = full
	}
	return names
}

// uses calls visit for every use of a name of another package.
func (s source) uses(visit func(pkg, name string, at ast.Node)) {
	names := s.names()
	ast.Inspect(s.file, func(n ast.Node) bool {
		if selector, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := selector.X.(*ast.Ident); ok && x.Obj == nil && names[x.Name] != "" {
				visit(names[x.Name], selector.Sel.Name, n)
			}
		}
		return true
	})
}

// trusted are the types by which a text is put into a page as it is. Nobody makes one.
var trusted = regexp.MustCompile(`^(HTML|HTMLAttr|JS|JSStr|URL|CSS|Srcset)$`)

func TestAttack_AN01_NoTextIsTrusted(t *testing.T) {
	seen := 0
	for _, s := range sources(t) {
		s.uses(func(pkg, name string, n ast.Node) {
			if pkg == "html/template" {
				seen++
				if trusted.MatchString(name) {
					t.Errorf("%s: a text that is not escaped", at(n.Pos()))
				}
			}
			if pkg == "text/template" && s.path != "templates/mail.go" && !strings.HasPrefix(s.dir, "bench") && !strings.HasPrefix(s.dir, ".ci") {
				t.Errorf("%s: a template that does not escape", at(n.Pos()))
			}
		})
	}
	if seen == 0 {
		t.Error("no use of html/template was seen")
	}
}

// Nothing is written as CSV or for a spreadsheet, where a value that begins with = + - or @ is a formula: exports are JSON.
func TestAttack_AN11_NoSpreadsheets(t *testing.T) {
	readers := 0
	for _, s := range sources(t) {
		s.uses(func(pkg, name string, n ast.Node) {
			if pkg == "encoding/csv" && name == "NewReader" {
				readers++
			}
			if pkg == "encoding/csv" && name == "NewWriter" {
				t.Errorf("%s: writes CSV: quote what a spreadsheet would compute, and test that", at(n.Pos()))
			}
		})
		for _, spec := range s.file.Imports {
			if name := imported(spec); strings.Contains(name, "xlsx") || strings.Contains(name, "excelize") {
				t.Errorf("%s: imports %s", s.path, name)
			}
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && (strings.Contains(lit.Value, "text/csv") || strings.Contains(lit.Value, "spreadsheet")) {
				t.Errorf("%s: answers with %s", at(n.Pos()), lit.Value)
			}
			return true
		})
	}
	if readers != 1 {
		t.Errorf("%d readers of CSV, want that of the import", readers)
	}
}

// whoOpens are the rooms that touch files at all, each by paths that the operator gave. What answers strangers touches none: static
// files are compiled in, pictures are drawn in memory.
var whoOpens = []string{"", "cli/...", "handlers/dev", "keys", "storage/bolt", "storage/postgres/pgtest", "storage/storagetest", "templates/preview", "provider/account/weak/make", "bench/...", "examples/...", "e2e/..."}

// opens are the names of os and its like by which a file is reached.
var opens = regexp.MustCompile(`^(Open|OpenFile|Create|CreateTemp|ReadFile|WriteFile|ReadDir|Mkdir|MkdirAll|MkdirTemp|Remove|RemoveAll|Rename|Link|Symlink|DirFS|Truncate|Chmod|Glob|Walk|WalkDir|ServeFile|FileServer|FileServerFS|ServeFileFS|Dir)$`)

func TestAttack_AN12_StrangersReachNoFile(t *testing.T) {
	kept := 0
	for _, s := range sources(t) {
		s.uses(func(pkg, name string, n ast.Node) {
			files := pkg == "os" || pkg == "io/ioutil" || pkg == "net/http" || pkg == "path/filepath" && name != "Dir"
			if !files || !opens.MatchString(name) {
				return
			}
			kept++
			if !among(whoOpens, s.dir) && !strings.HasPrefix(s.dir, ".ci") {
				t.Errorf("%s: %s.%s; use os.Root, and list the room here with its reason", at(n.Pos()), path.Base(pkg), name)
			}
		})
	}
	if kept < 20 {
		t.Errorf("only %d uses of files were seen", kept)
	}
}

// What the binary is made of can be listed, for whoever looks for a module that was found to be bad.
func TestAttack_AN03_ModulesAreKnown(t *testing.T) {
	out, err := exec.Command("go", "list", "-m", "-json", "all").Output()
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(strings.NewReader(string(out)))
	for d.More() {
		var m struct {
			Path, Version string
			Replace       *struct{ Path string }
		}
		if err := d.Decode(&m); err != nil {
			t.Fatal(err)
		}
		if m.Replace != nil && m.Replace.Path != "./third_party/oryx" {
			t.Errorf("%s is replaced by %s", m.Path, m.Replace.Path)
		}
	}
}
