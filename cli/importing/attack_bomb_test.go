package importing_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"signet/cli/importing"
)

// Files that were made to harm are refused, with the line, and not read into memory a hundred times over.
func TestAttack_AN13_Bombs(t *testing.T) {
	deep := func(n int) string { return strings.Repeat(`{"a":`, n) + "1" + strings.Repeat("}", n) }
	arrays := func(n int) string {
		return `{"username":"ada","x":` + strings.Repeat("[", n) + strings.Repeat("]", n) + "}"
	}
	large := strings.Repeat("a", 65<<10)
	columns := "username"
	for i := range 300 {
		columns += fmt.Sprint(",c", i)
	}
	for name, text := range map[string]string{
		"deep":                     deep(33),
		"very deep":                deep(9000),
		"too deep for the decoder": deep(2_000_000),
		"arrays":                   arrays(40),
		"open for ever":            strings.Repeat("[", 5_000_000),
		"one large person":         `{"username":"` + large + `"}`,
		"large among others":       "[{\"username\":\"ada\"},\n{\"username\":\"" + large + "\"}]",
		"twice":                    `{"username":"ada","username":"root"}`,
		"spelled twice":            `{"username":"ada","\u0075sername":"root"}`,
		"a large field":            "username,name\nada," + large,
		"a quote without end":      "username,name\nada,\"" + strings.Repeat(large, 20),
		"columns":                  columns + "\nada",
		"a Django object":          `[{"model":"auth.user","pk":1,"fields":` + deep(60) + `}]`,
		"packed":                   "\x1f\x8b\x08\x00\x00\x00\x00\x00",
		"a spreadsheet":            "PK\x03\x04\x14\x00",
		"not UTF-8":                "{\"username\":\"\xff\xfe\"}",
	} {
		if f, err := importing.Read("people.json", []byte(text), importing.Options{}); !errors.Is(err, importing.ErrFile) {
			t.Errorf("%s: %v, %v", name, f, err)
		}
	}
	for name, text := range map[string]string{"deep enough": arrays(30), "large enough": `{"username":"ada","name":"` + large[:60<<10] + `"}`} {
		if f, err := importing.Read("people.json", []byte(text), importing.Options{}); err != nil || len(f.Records) != 1 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A number may have more digits than any of ours: it stays a number, and is nobody's name.
func TestAttack_AO12_HugeNumbers(t *testing.T) {
	for _, number := range []string{"1e400", "-1e400", "1" + strings.Repeat("0", 5000), "0." + strings.Repeat("1", 5000), "1e99999999999"} {
		f, err := importing.Read("people.json", []byte(`{"username":`+number+`}`), importing.Options{})
		if err == nil && f.Records[0].Who() != "nameless" {
			t.Errorf("%.20s: %+v", number, f.Records[0])
		}
	}
}
