package templates

import (
	"reflect"
	"slices"
	"strings"
)

// longWord is a name without any place where a line may end.
const longWord = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"

// LongWords are the samples with a long word for whatever people, apps and operators name.
func LongWords() (out []Sample) {
	s, err := New(Options{})
	if err != nil {
		panic(err)
	}
	ends := []string{".Name", ".Identifier", ".Address", ".Title", ".Product", ".Subject", ".Username", ".Email", ".Browser", ".System"}
	for _, sample := range Samples() {
		root := settable(reflect.ValueOf(sample.Page))
		for _, p := range places(root, "", func(r reflect.Value) reflect.Value { return r }) {
			if !slices.ContainsFunc(ends, func(end string) bool { return strings.HasSuffix(p.name, end) }) {
				continue
			}
			if _, err := attack(s, sample.Page, []place{p}, longWord); err == nil {
				p.set(root, longWord)
			}
		}
		out = append(out, Sample{sample.Name, root.Interface().(Page)})
	}
	return out
}
