package postgres

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// statementAt is where the text of a statement stands among the arguments of a call.
var statementAt = map[string]int{"Exec": 1, "Query": 1, "QueryRow": 1, "Prepare": 2, "Queue": 0, "scan": 3, "CopyFrom": 1}

// passedOn are the places where a statement that is a constant elsewhere is passed on, by function: scan's callers are looked at
// themselves, listStatement returns constants alone, and the steps of a migration are files of this program.
var passedOn = map[string]string{"scan": "sql", "List": "sql", "migrate": "sql"}

// nothing imports nothing: constants of this package need nobody else's types.
type nothing struct{}

func (nothing) Import(string) (*types.Package, error) { return nil, errors.New("not needed") }

// No statement is made of values: each is a constant, or a constant and the quoted name of a schema. Values travel beside it, so that
// nothing in them can be taken for a part of it.
func TestAttack_AN05_StatementsAreConstants(t *testing.T) {
	set := token.NewFileSet()
	parsed, err := parser.ParseDir(set, ".", func(f fs.FileInfo) bool { return !strings.HasSuffix(f.Name(), "_test.go") }, 0)
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	for _, f := range parsed["postgres"].Files {
		files = append(files, f)
	}
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}}
	config := types.Config{Importer: nothing{}, Error: func(error) {}}
	_, _ = config.Check("postgres", set, files, info)
	seen := 0
	for _, f := range files {
		for _, d := range f.Decls {
			function, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			ast.Inspect(function, func(n ast.Node) bool {
				if statement := statementOf(n); statement != nil {
					seen++
					if !constant(info, statement) && !isName(statement, passedOn[function.Name.Name]) {
						t.Errorf("%s: a statement that is made of values", set.Position(statement.Pos()))
					}
				}
				if back, ok := n.(*ast.ReturnStmt); ok && function.Name.Name == "listStatement" {
					seen++
					if !constant(info, back.Results[0]) {
						t.Errorf("%s: a statement that is made of values", set.Position(back.Pos()))
					}
				}
				return true
			})
		}
	}
	if seen < 15 {
		t.Errorf("only %d statements were seen", seen)
	}
}

// statementOf is the text of the statement that a call sends, or nil.
func statementOf(n ast.Node) ast.Expr {
	call, ok := n.(*ast.CallExpr)
	if !ok {
		return nil
	}
	selector, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return nil
	}
	at, ok := statementAt[selector.Sel.Name]
	if !ok || len(call.Args) <= at {
		return nil
	}
	return call.Args[at]
}

func isName(e ast.Expr, name string) bool {
	id, ok := e.(*ast.Ident)
	return ok && name != "" && id.Name == name
}

// constant tells whether an expression is a constant text, or one with a name that pgx has quoted.
func constant(info *types.Info, e ast.Expr) bool {
	if info.Types[e].Value != nil {
		return true
	}
	switch e := e.(type) {
	case *ast.BinaryExpr:
		return e.Op == token.ADD && constant(info, e.X) && constant(info, e.Y)
	case *ast.CallExpr:
		quote, ok := e.Fun.(*ast.SelectorExpr)
		if !ok || quote.Sel.Name != "Sanitize" {
			return false
		}
		made, ok := quote.X.(*ast.CompositeLit)
		if !ok {
			return false
		}
		of, ok := made.Type.(*ast.SelectorExpr)
		return ok && of.Sel.Name == "Identifier"
	}
	return false
}

// Inside the database, a function that puts a statement together takes nothing but numbers, of which it makes the names of tables.
func TestAttack_AN05_FunctionsTakeNoText(t *testing.T) {
	files, err := filepath.Glob("sql/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	function := regexp.MustCompile(`(?is)CREATE (?:OR REPLACE )?FUNCTION (\w+)\s*\(([^)]*)\)(.*?)END \$\$`)
	text := regexp.MustCompile(`(?i)\b(text|varchar|bytea|name|regclass|json|jsonb)\b`)
	seen := 0
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		whole := 0
		for _, f := range function.FindAllStringSubmatch(string(raw), -1) {
			n := strings.Count(strings.ToUpper(f[3]), "EXECUTE ")
			whole += n
			if n > 0 && text.MatchString(f[2]) {
				t.Errorf("%s: %s takes text and puts statements together: %s", name, f[1], f[2])
			}
		}
		if all := strings.Count(string(raw), "EXECUTE format"); all != whole {
			t.Errorf("%s: %d statements are put together, %d in functions that were looked at", name, all, whole)
		}
		seen += whole
	}
	if seen == 0 {
		t.Error("no function was looked at")
	}
}
