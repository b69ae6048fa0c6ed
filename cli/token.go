package cli

import (
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"signet/provider"
)

func (p *program) tokenCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "token", Short: "Codes and tokens"}
	cmd.AddCommand(p.tokenInspect())
	return cmd
}

func (p *program) tokenInspect() *cobra.Command {
	return &cobra.Command{
		Use: "inspect [TOKEN]", Short: "Look into a code or token of this provider: what it is, whose, and whether it lives",
		Long: "Look into a code or token of this provider. It is read from standard input unless it is given, which leaves it in\nthe shell's history. Nothing is spent.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			text := ""
			if len(args) == 1 {
				text = args[0]
			} else {
				var err error
				if text, err = readSecret("-"); err != nil {
					return err
				}
			}
			return p.operate(cmd.Context(), func(op *operator) error {
				var in provider.Inspection
				if err := op.call(cmd.Context(), http.MethodPost, "/tokens/inspect", map[string]string{"token": strings.TrimSpace(text)}, &in); err != nil {
					return err
				}
				return p.showInspection(in)
			})
		},
	}
}

func (p *program) showInspection(in provider.Inspection) error {
	state := "alive"
	if !in.Alive {
		state = "dead: " + in.Why
	}
	return p.facts(in,
		fact{"kind", in.Kind}, fact{"state", state}, fact{"client", in.ClientID}, fact{"sub", in.Subject}, fact{"scope", words(in.Scopes)},
		fact{"audience", words(in.Audience)}, fact{"issued", date(max(in.Issued.Unix(), 0))}, fact{"expires", date(max(in.Expires.Unix(), 0))},
		fact{"claims", string(in.Claims)})
}
