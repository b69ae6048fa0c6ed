package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"signet/provider"
)

// explainCommand tells what a refusal's code means.
func (p *program) explainCommand() *cobra.Command {
	return &cobra.Command{
		Use: "explain [CODE]", Short: "Explain an error code such as E-REDIR-01", Args: cobra.MaximumNArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			var codes []string
			for _, e := range provider.Catalogue() {
				codes = append(codes, e.Code)
			}
			return codes, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return p.listCodes()
			}
			e, ok := provider.Lookup(strings.ToUpper(args[0]))
			if !ok {
				return usage("no error code %q; signet explain lists them", args[0])
			}
			return p.facts(e, fact{"code", e.Code}, fact{"error", e.OAuth}, fact{"title", e.Description}, fact{"why", e.Why}, fact{"fix", e.Remedy})
		},
	}
}

func (p *program) listCodes() error {
	entries := provider.Catalogue()
	rows := make([][]string, len(entries))
	for i, e := range entries {
		rows[i] = []string{e.Code, e.OAuth, e.Description}
	}
	return p.table(entries, []string{"code", "error", "title"}, rows)
}
