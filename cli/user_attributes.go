package cli

import (
	"strings"

	"github.com/spf13/pflag"

	"signet/handlers/api"
)

// attributeFlag is the flag for what the configuration defines.
func attributeFlag(flags *pflag.FlagSet) *[]string {
	return flags.StringArray("attribute", nil, "name=value of an attribute of the configuration, lists with ; between; an empty value takes it away; repeated")
}

// addAttributes adds what the flag says.
func addAttributes(in api.UserMembers, said []string) error {
	if len(said) == 0 {
		return nil
	}
	attributes := map[string]string{}
	for _, s := range said {
		name, value, ok := strings.Cut(s, "=")
		if _, twice := attributes[name]; !ok || twice {
			return usage("--attribute %s: want name=value, each name once", s)
		}
		attributes[name] = value
	}
	in["attributes"] = attributes
	return nil
}
