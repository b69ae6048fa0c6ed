package conformance

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// results are how the modules of each plan have ended.
var results struct {
	sync.Mutex
	of map[*plan]map[verdict]int
}

func record(m *run, end verdict) {
	results.Lock()
	defer results.Unlock()
	if results.of == nil {
		results.of = map[*plan]map[verdict]int{}
	}
	if results.of[m.plan] == nil {
		results.of[m.plan] = map[verdict]int{}
	}
	results.of[m.plan][end]++
}

// report says for each plan how its modules ended. A run of all modules that has left some out has failed. The lines begin
// with a tab, by which .ci/report knows that somebody wants to read them.
func report(code int) int {
	if testing.Short() || len(results.of) == 0 {
		return code
	}
	for _, p := range plans {
		counts := results.of[p]
		ran := 0
		var words []string
		for _, v := range []verdict{passed, review, warning, skipped, failed, untested} {
			if n := counts[v]; n > 0 {
				words = append(words, fmt.Sprintf("%d %s", n, v))
			}
			ran += counts[v]
		}
		if ran == 0 && filtered() {
			continue
		}
		fmt.Printf("\t%s: %d modules, %s\n", p.title(), p.modules, strings.Join(words, ", "))
		if ran != p.modules && !filtered() {
			fmt.Printf("\t%s: %d modules did not run\n", p.title(), p.modules-ran)
			code = max(code, 1)
		}
	}
	return code
}

// filtered tells whether only some tests were asked for.
func filtered() bool {
	for _, name := range []string{"test.run", "test.skip"} {
		if f := flag.Lookup(name); f != nil && f.Value.String() != "" {
			return true
		}
	}
	return false
}

// The plans have as many modules as the Foundation's suite runs.
func TestPlans_HaveAllModules(t *testing.T) {
	for _, p := range plans {
		if got := p.planned(); got != p.modules {
			t.Errorf("%s: %d modules, want %d", p.title(), got, p.modules)
		}
	}
}

// Every module of the table has a test of its own, and every such test is in the table.
func TestPlans_EveryModuleHasATest(t *testing.T) {
	tests := map[string]bool{}
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && strings.HasPrefix(f.Name.Name, "TestModule_") {
				tests[f.Name.Name] = true
			}
		}
	}
	planned := map[string]bool{}
	for _, p := range plans {
		for _, e := range p.entries {
			for _, name := range e.modules {
				planned[testName(name)] = true
				if !tests[testName(name)] {
					t.Errorf("%s of %s has no %s", name, p.title(), testName(name))
				}
			}
		}
	}
	for name := range tests {
		if !planned[name] {
			t.Errorf("%s is in no plan", name)
		}
	}
	if len(planned) != 77 {
		t.Errorf("%d modules, want the 77 of the Foundation's suite", len(planned))
	}
}

// The decided skips are told to operators.
func TestPlans_SkipsAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/conformance.md")
	if err != nil {
		t.Fatal(err)
	}
	for name := range decidedSkips {
		if moduleOf(testName(name)) == "" || !strings.Contains(string(text), "`"+name+"`") {
			t.Errorf("%s is no module, or not in the documentation", name)
		}
	}
}
