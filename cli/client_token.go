package cli

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"signet/cli/config"
	"signet/handlers/api"
)

func (p *program) clientToken() *cobra.Command {
	cmd := &cobra.Command{Use: "token", Short: "Initial access tokens, with which applications register themselves where registration.policy is token"}
	cmd.AddCommand(p.clientTokenCreate(), p.clientTokenList(), p.clientTokenRevoke())
	return cmd
}

func (p *program) clientTokenCreate() *cobra.Command {
	in, life := api.NewInitialToken{}, ""
	cmd := &cobra.Command{
		Use: "create", Short: "Make an initial access token and print it, once", Args: cobra.NoArgs,
		Example: "  signet client token create --uses 10 --expires 7d --note \"the wiki team\"",
	}
	flags := cmd.Flags()
	flags.Int64Var(&in.Uses, "uses", 1, "how many clients can be registered with it")
	flags.StringVar(&life, "expires", "1d", "how long it can be used")
	flags.StringSliceVar(&in.Scopes, "scope", nil, "scopes that such clients may ask for beside the standard ones")
	flags.StringVar(&in.Note, "note", "", "whom it is for")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		d, ok := config.ParseDuration(life)
		if !ok {
			return usage("--expires %q, want a time such as 24h or 7d", life)
		}
		in.Life = int64(d / time.Second)
		return p.operate(cmd.Context(), func(op *operator) error {
			var t api.InitialToken
			if err := op.call(cmd.Context(), http.MethodPost, "/registration/tokens", in, &t); err != nil {
				return err
			}
			return p.facts(t, fact{"token", t.Token}, fact{"id", t.ID}, fact{"uses", strconv.FormatInt(t.Uses, 10)}, fact{"expires", date(t.Expires)},
				fact{"scopes", words(t.Scopes)}, fact{"note", t.Note})
		})
	}
	return cmd
}

func (p *program) clientTokenList() *cobra.Command {
	return &cobra.Command{Use: "list", Short: "List the tokens that can still be used", Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
		return p.operate(cmd.Context(), func(op *operator) error {
			tokens, err := all[api.InitialToken](cmd.Context(), op, "/registration/tokens")
			if err != nil {
				return err
			}
			rows := make([][]string, len(tokens))
			for i, t := range tokens {
				rows[i] = []string{t.ID, strconv.FormatInt(t.Uses, 10), date(t.Expires), words(t.Scopes), t.Note}
			}
			return p.table(tokens, []string{"id", "uses left", "expires", "scopes", "note"}, rows)
		})
	}}
}

func (p *program) clientTokenRevoke() *cobra.Command {
	return p.withID("revoke ID", "End a token at once; clients that were registered with it stay", nil, func(ctx context.Context, op *operator, id string) error {
		if err := op.call(ctx, http.MethodDelete, "/registration/tokens/"+url.PathEscape(id), nil, nil); err != nil {
			return err
		}
		p.say("revoked %s", id)
		return nil
	})
}
