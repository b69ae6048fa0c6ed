package cli

import (
	"fmt"
	"strings"

	"signet/handlers/api"
)

// showClient prints what the record says, member by member, in their order.
func (p *program) showClient(c api.Client) error {
	facts, err := membersOf(c, map[string]string{"secrets": secretsOf(c), "epoch": "", "warnings": ""})
	if err != nil {
		return err
	}
	for _, warning := range c.Warnings {
		fmt.Fprintf(p.err, "warning: %s\n", warning)
	}
	return p.facts(c, facts...)
}

// secretsOf says of each live secret when it was made and when it ends.
func secretsOf(c api.Client) string {
	var all []string
	for _, s := range c.Secrets {
		one := "made " + date(s.Created)
		if s.Expires > 0 {
			one += ", ends " + date(s.Expires)
		}
		all = append(all, one)
	}
	return strings.Join(all, "; ")
}
