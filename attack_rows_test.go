package main_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

// families are the letters of the attack catalogue whose every row has a test, with how many rows there are. A test is named after its
// rows: TestAttack_AJ12_AJ16_… is of A-J12 and of A-J16.
var families = map[string]int{"H": 22, "I": 18, "J": 22, "K": 12, "L": 6, "N": 14, "O": 18}

// No row loses its test when tests are renamed or moved.
func TestAttackRows_HaveTests(t *testing.T) {
	declared := regexp.MustCompile(`(?m)^func (?:Test|Fuzz)Attack_(\w+)`)
	row := regexp.MustCompile(`(?:^|_)A([A-Z]\d\d)(?:_|$)`)
	tested := map[string]bool{}
	walk(t, func(p string) {
		if !strings.HasSuffix(p, "_test.go") {
			return
		}
		text, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range declared.FindAllSubmatch(text, -1) {
			for rest := string(name[1]); ; {
				at := row.FindStringSubmatchIndex(rest)
				if at == nil {
					break
				}
				tested[rest[at[2]:at[3]]] = true
				rest = rest[at[3]:]
			}
		}
	})
	for letter, rows := range families {
		for n := range rows {
			if id := fmt.Sprintf("%s%02d", letter, n+1); !tested[id] {
				t.Errorf("A-%s has no test", id)
			}
		}
	}
}
