package cli

import (
	"encoding/json"
	"strings"

	"github.com/spf13/pflag"
)

// shape is how a flag is read.
type shape int

const (
	text   shape = iota + 1
	number       // a whole number
	yesNo
	wordList // a list, with commas between or the flag repeated
	uris     // a list of what may have commas in it: the flag is repeated
	instant  // a time, which the member has in Unix seconds
)

// memberFlag is a flag for a member of a record. A member of an object in it is "address.country".
type memberFlag struct {
	name, member string
	shape        shape
	help         string
}

func registerMembers(flags *pflag.FlagSet, list []memberFlag) {
	for _, m := range list {
		switch m.shape {
		case text:
			flags.String(m.name, "", m.help)
		case number:
			flags.Int64(m.name, 0, m.help)
		case yesNo:
			flags.Bool(m.name, false, m.help)
		case wordList:
			flags.StringSlice(m.name, nil, m.help)
		case uris:
			flags.StringArray(m.name, nil, m.help)
		case instant:
			flags.Var(new(momentFlag), m.name, m.help)
		}
	}
}

// givenMembers are those of the flags that were given.
func givenMembers(flags *pflag.FlagSet, list []memberFlag) map[string]any {
	in := map[string]any{}
	for _, m := range list {
		flag := flags.Lookup(m.name)
		if flag == nil || !flag.Changed {
			continue
		}
		object, inner, nested := strings.Cut(m.member, ".")
		if !nested {
			in[m.member] = valueOf(flag)
			continue
		}
		members, _ := in[object].(map[string]any)
		if members == nil {
			members = map[string]any{}
			in[object] = members
		}
		members[inner] = valueOf(flag)
	}
	return in
}

// valueOf is a flag's value as JSON has it.
func valueOf(flag *pflag.Flag) any {
	if list, ok := flag.Value.(pflag.SliceValue); ok {
		return list.GetSlice()
	}
	if flag.Value.Type() == "string" {
		return flag.Value.String()
	}
	return json.RawMessage(flag.Value.String())
}
