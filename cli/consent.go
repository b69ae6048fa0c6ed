package cli

import (
	"net/http"
	"net/url"

	"github.com/spf13/cobra"

	"signet/provider/account"
)

func (p *program) consentCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "consent", Short: "What people allow clients"}
	cmd.AddCommand(p.consentList(), p.consentWithdraw())
	return cmd
}

func consentPath(user string) string { return "/users/" + url.PathEscape(user) + "/consents" }

func (p *program) consentList() *cobra.Command {
	return &cobra.Command{
		Use: "list USER", Short: "List what a person allows clients", Args: cobra.ExactArgs(1), ValidArgsFunction: p.userNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.operate(cmd.Context(), func(op *operator) error {
				consents, err := all[account.Consent](cmd.Context(), op, consentPath(args[0]))
				if err != nil {
					return err
				}
				rows := make([][]string, len(consents))
				for i, c := range consents {
					rows[i] = []string{c.ClientID, words(c.Scopes), date(c.GrantedAt), date(c.Expires)}
				}
				return p.table(consents, []string{"client", "scopes", "granted", "expires"}, rows)
			})
		},
	}
}

func (p *program) consentWithdraw() *cobra.Command {
	return &cobra.Command{
		Use: "withdraw USER CLIENT", Short: "Withdraw what a person allows a client; what was issued on its word stops",
		Args: cobra.ExactArgs(2), ValidArgsFunction: p.userNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.operate(cmd.Context(), func(op *operator) error {
				path := consentPath(args[0]) + "/" + url.PathEscape(args[1])
				if err := op.call(cmd.Context(), http.MethodDelete, path, nil, nil); err != nil {
					return err
				}
				p.say("%s allows %s nothing any more", args[0], args[1])
				return nil
			})
		},
	}
}
