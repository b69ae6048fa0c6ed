package main_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// These tests hold the source to the rules of the house. They look at all code that is not a test, whatever it is built for.

// rooms are the packages of ours that each package may import: imports only go down. "x/..." is x and all below it. A
// package that is not here belongs to the nearest one above it that is.
var rooms = map[string][]string{
	"":                    {"cli"},
	"cli":                 {"cli/...", "handlers/...", "provider/...", "keys", "storage", "storage/bolt", "storage/postgres", "templates"},
	"cli/authority":       {},
	"cli/config":          {"provider/spelling", "provider/account/oldhash"},
	"handlers":            {"handlers/...", "provider/...", "templates", "keys", "storage"},
	"handlers/playground": {"handlers", "templates", "provider/outbound"},
	"handlers/robot":      {},
	"provider":            {"provider/...", "keys", "storage"},
	"provider/account":    {"provider/account/...", "provider/audit", "provider/limit", "provider/outbound", "provider/patch", "keys", "storage"},
	"provider/audit":      {"keys", "storage"},
	"provider/courier":    {"storage"},
	"provider/limit":      {"storage"},
	"provider/upstream":   {"provider/upstream/...", "provider/account", "provider/outbound", "keys", "storage"},
	"provider/outbound":   {},
	"provider/patch":      {"provider/spelling", "keys"},
	"provider/spelling":   {},
	"keys":                {"storage"},
	"storage":             {},
	"storage/bolt":        {"storage"},
	"storage/postgres":    {"storage"},
	"storage/storagetest": {"storage"},
	"templates":           {},
	"templates/preview":   {"templates"},
	"bench":               {"bench/...", "storage/postgres/pgtest"},
	"examples":            {},
	"e2e":                 {},
}

// owners are the packages that may import a module; of all others none may. Its types may cross where that is said.
var owners = map[string][]string{
	"github.com/ory/fosite":       {"provider", "handlers"},
	"github.com/ory/fosite/":      {"provider"},
	"github.com/ory/x":            {},
	"github.com/gorilla/":         {"handlers/..."},
	"go.etcd.io/bbolt":            {"storage/bolt"},
	"github.com/jackc/":           {"storage/postgres/..."},
	"github.com/go-webauthn/":     {"provider/account"},
	"github.com/go-jose/go-jose/": {"keys", "provider/..."},
	"github.com/wneessen/go-mail": {"handlers/mail"},
	"github.com/coreos/go-oidc/":  {"provider/upstream", "handlers/playground", "examples/..."},
	"golang.org/x/oauth2":         {"provider/upstream", "examples/..."},
	"github.com/go-ldap/":         {"provider/upstream/..."},
	"github.com/dghubble/oauth1":  {"provider/upstream"},
	"rsc.io/qr":                   {"cli/...", "handlers"},
	"github.com/spf13/cobra":      {"cli/..."},
	"github.com/VictoriaMetrics/": {"handlers/..."},
	"log":                         {"bench/...", "examples/...", "templates/preview"},
}

// unwanted are modules that nothing of ours may name, and packages that the binary must not contain.
var (
	unwanted = regexp.MustCompile(`^github\.com/go-jose/go-jose/v3\b`)
	notIn    = regexp.MustCompile(`^(signet/(handlers/robot|storage/storagetest|provider/upstream/directorytest|storage/postgres/pgtest)|google\.golang\.org/grpc\b.*|go\.opentelemetry\.io/otel/(sdk|exporters)\b.*|.*/(jaeger|zipkin)\b.*|github\.com/(gobuffalo|jmoiron)/.*)$`)
)

// taken are names of other packages that belong to a few: clock, randomness and the way out are given by constructors, and
// nothing but a command prints. Packages that exist for tests are tests.
var taken = map[string][]string{
	"math/rand.*":               {"bench/...", "storage/storagetest"},
	"math/rand/v2.*":            {"bench/...", "e2e", "storage/storagetest"},
	"time.Now":                  {"cli", "bench/...", "e2e", "storage/storagetest", "storage/postgres/pgtest"},
	"time.Since":                {"cli", "bench/...", "e2e", "storage/storagetest", "storage/postgres/pgtest"},
	"time.Until":                {"cli", "bench/...", "e2e", "storage/storagetest", "storage/postgres/pgtest"},
	"net/http.DefaultClient":    {},
	"net/http.DefaultTransport": {"handlers/robot"},
	"net/http.Get":              {},
	"net/http.Post":             {},
	"net/http.PostForm":         {},
	"fmt.Print":                 {"cli/...", "bench/...", "templates/preview"},
	"fmt.Printf":                {"cli/...", "bench/...", "templates/preview"},
	"fmt.Println":               {"cli/...", "bench/...", "templates/preview"},
}

// Longer than this is more than one idea.
const (
	maxFileLines     = 600
	maxFunctionLines = 100
)

// source is one file of ours that is not a test.
type source struct {
	path, dir string // below the root, with slashes; the root is ""
	file      *ast.File
}

var positions = token.NewFileSet()

// at is a place in the source, for complaints.
func at(p token.Pos) string {
	position := positions.Position(p)
	return fmt.Sprintf("%s:%d", filepath.ToSlash(position.Filename), position.Line)
}

// generated are files and directories that are not the project's text.
var generated = []string{".git", ".signet-dev", ".ci/node/node_modules", ".ci/java", ".ci/python", "bin", "bench/out", "e2e/screenshots", "templates/screenshots", "examples/javascript/node_modules", "e2e/libraries/javascript/node_modules",
	"examples/python/.venv", "signet", "signet-data"}

// walk visits all files of the project.
func walk(t *testing.T, visit func(path string)) {
	t.Helper()
	err := filepath.WalkDir(".", func(p string, d fs.DirEntry, err error) error {
		p = filepath.ToSlash(p)
		if err == nil && slices.Contains(generated, p) {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if err == nil && d.Type().IsRegular() {
			visit(p)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// sources are all files of Go of the main module that are no tests.
func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	walk(t, func(p string) {
		if path.Ext(p) != ".go" || strings.HasSuffix(p, "_test.go") || strings.HasPrefix(p, "third_party/") || strings.Contains("/"+p, "/testdata/") {
			return
		}
		file, err := parser.ParseFile(positions, filepath.FromSlash(p), nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		dir := path.Dir(p)
		if dir == "." {
			dir = ""
		}
		all = append(all, source{p, dir, file})
	})
	if len(all) < 100 {
		t.Fatalf("only %d files: is this the root of the project?", len(all))
	}
	return all
}

// among tells whether a package is in a list in which "x/..." is x and all below it.
func among(list []string, pkg string) bool {
	return slices.ContainsFunc(list, func(entry string) bool {
		below, all := strings.CutSuffix(entry, "/...")
		return pkg == below || all && strings.HasPrefix(pkg, below+"/")
	})
}

// room returns the name under which a package stands in rooms.
func room(dir string) string {
	for ; dir != "." && dir != ""; dir = path.Dir(dir) {
		if _, ok := rooms[dir]; ok {
			return dir
		}
	}
	return ""
}

func imported(spec *ast.ImportSpec) string {
	name, _ := strconv.Unquote(spec.Path.Value)
	return name
}

func TestHouse_ImportsOnlyGoDown(t *testing.T) {
	for _, s := range sources(t) {
		own := room(s.dir)
		if own == "" && s.dir != "" && !strings.HasPrefix(s.dir, ".ci") {
			t.Errorf("%s: package %s is in no room: what may it import?", s.path, s.dir)
		}
		for _, spec := range s.file.Imports {
			name, ours := strings.CutPrefix(imported(spec), "signet/")
			if ours && name != own && !among(rooms[own], name) {
				t.Errorf("%s: %s must not import %s", at(spec.Pos()), s.dir, name)
			}
		}
	}
}

func TestHouse_ModulesHaveOwners(t *testing.T) {
	for _, s := range sources(t) {
		for _, spec := range s.file.Imports {
			name := imported(spec)
			if unwanted.MatchString(name) {
				t.Errorf("%s: nobody imports %s", at(spec.Pos()), name)
			}
			for module, list := range owners {
				if (name == module || strings.HasSuffix(module, "/") && strings.HasPrefix(name, module)) && !among(list, s.dir) {
					t.Errorf("%s: %s is for %s alone", at(spec.Pos()), name, strings.Join(list, ", "))
				}
			}
		}
	}
}

func TestHouse_BinaryStaysSmall(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for name := range strings.FieldsSeq(string(out)) {
		if notIn.MatchString(name) {
			t.Errorf("the binary contains %s", name)
		}
	}
}

func TestHouse_NamesSaySomething(t *testing.T) {
	empty := []string{"util", "utils", "helper", "helpers", "misc", "common", "shared", "base"}
	for _, s := range sources(t) {
		if slices.Contains(empty, s.file.Name.Name) {
			t.Errorf("%s: package %s says nothing", s.path, s.file.Name.Name)
		}
	}
}

func TestHouse_ClockRandomnessAndWayOutAreGiven(t *testing.T) {
	for _, s := range sources(t) {
		if strings.HasPrefix(s.dir, ".ci") || s.dir == "examples" || strings.HasPrefix(s.dir, "examples/") {
			continue
		}
		names := map[string]string{}
		for _, spec := range s.file.Imports {
			full := imported(spec)
			local := path.Base(strings.TrimSuffix(full, "/v2"))
			if spec.Name != nil {
				local = spec.Name.Name
			}
			names[local] = full
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			selector, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			x, ok := selector.X.(*ast.Ident)
			if !ok || x.Obj != nil || names[x.Name] == "" {
				return true
			}
			for _, name := range []string{names[x.Name] + "." + selector.Sel.Name, names[x.Name] + ".*"} {
				if list, ok := taken[name]; ok && !among(list, s.dir) {
					t.Errorf("%s: %s.%s is taken, not given", at(n.Pos()), x.Name, selector.Sel.Name)
				}
			}
			return true
		})
	}
}

func TestHouse_FilesAndFunctionsAreShort(t *testing.T) {
	for _, s := range sources(t) {
		if n := positions.Position(s.file.FileEnd).Line; n > maxFileLines {
			t.Errorf("%s: %d lines, more than %d", s.path, n, maxFileLines)
		}
		for _, d := range s.file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if n := positions.Position(f.End()).Line - positions.Position(f.Pos()).Line + 1; n > maxFunctionLines {
				t.Errorf("%s: %s has %d lines, more than %d", at(f.Pos()), f.Name.Name, n, maxFunctionLines)
			}
		}
	}
}

func TestHouse_PackagesSayWhatTheyAre(t *testing.T) {
	said := map[string]bool{}
	for _, s := range sources(t) {
		want := "Package " + s.file.Name.Name + " "
		if s.file.Name.Name == "main" {
			want = "Command "
		}
		said[s.dir] = said[s.dir] || strings.HasPrefix(s.file.Doc.Text(), want)
	}
	for dir, ok := range said {
		if !ok {
			t.Errorf("./%s: no package comment", dir)
		}
	}
}

func TestHouse_ExportedNamesAreDocumented(t *testing.T) {
	for _, s := range sources(t) {
		if s.file.Name.Name == "main" {
			continue
		}
		for _, d := range s.file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Name.IsExported() && receiverIsExported(d) && d.Doc == nil && !ofLanguage(d) {
					t.Errorf("%s: %s is not documented", at(d.Pos()), d.Name.Name)
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					checkDocumented(t, d, spec)
				}
			}
		}
	}
}

// ofLanguage tells whether a method is one that everybody knows: of error, of errors.Unwrap or of fmt.Stringer.
func ofLanguage(f *ast.FuncDecl) bool {
	return f.Recv != nil && slices.Contains([]string{"Error", "Unwrap", "String"}, f.Name.Name)
}

func receiverIsExported(f *ast.FuncDecl) bool {
	if f.Recv == nil {
		return true
	}
	typ := f.Recv.List[0].Type
	for {
		switch x := typ.(type) {
		case *ast.StarExpr:
			typ = x.X
		case *ast.IndexExpr:
			typ = x.X
		case *ast.IndexListExpr:
			typ = x.X
		case *ast.Ident:
			return x.IsExported()
		default:
			return false
		}
	}
}

// checkDocumented looks at a type, a constant or a variable, which its group may speak for, and at an interface's methods.
func checkDocumented(t *testing.T, group *ast.GenDecl, spec ast.Spec) {
	t.Helper()
	switch spec := spec.(type) {
	case *ast.ValueSpec:
		for _, name := range spec.Names {
			if name.IsExported() && group.Doc == nil && spec.Doc == nil && spec.Comment == nil {
				t.Errorf("%s: %s is not documented", at(name.Pos()), name.Name)
			}
		}
	case *ast.TypeSpec:
		if !spec.Name.IsExported() {
			return
		}
		if group.Doc == nil && spec.Doc == nil && spec.Comment == nil {
			t.Errorf("%s: %s is not documented", at(spec.Pos()), spec.Name.Name)
		}
		contract, ok := spec.Type.(*ast.InterfaceType)
		if !ok {
			return
		}
		for _, m := range contract.Methods.List {
			if len(m.Names) == 1 && m.Names[0].IsExported() && m.Doc == nil && m.Comment == nil {
				t.Errorf("%s: %s.%s is not documented", at(m.Pos()), spec.Name.Name, m.Names[0].Name)
			}
		}
	}
}

// secrets are what a private key looks like: PEM with a body, and a JWK with a private member (RFC 7518 §6).
var secrets = []*regexp.Regexp{
	regexp.MustCompile(`-----BEGIN [A-Z0-9 ]+-----\s*[A-Za-z0-9+/=]{16}`),
	regexp.MustCompile(`\\?"(d|k)\\?"\s*:\s*\\?"[A-Za-z0-9_-]{32,}`),
}

func TestHouse_NoKeysInTheTree(t *testing.T) {
	for i, sample := range []string{"-----BEGIN EC " + "PRIVATE KEY-----\n", `{"kty":"OKP","d` + `": "`} {
		if !secrets[i].MatchString(sample + strings.Repeat("A", 43)) {
			t.Fatalf("%s is not recognised", sample)
		}
	}
	walk(t, func(p string) {
		b, err := os.ReadFile(filepath.FromSlash(p))
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range secrets {
			for _, found := range secret.FindAllIndex(b, -1) {
				t.Errorf("%s:%d: a key in the tree", p, 1+strings.Count(string(b[:found[0]]), "\n"))
			}
		}
	})
}
