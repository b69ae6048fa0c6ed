package cli

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"signet/keys"
)

func (p *program) keysCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "keys", Short: "The issuer's keys: to sign, and for others to encrypt with"}
	cmd.AddCommand(p.keysList(), p.keysRotate(), p.keysImport())
	return cmd
}

func (p *program) keysList() *cobra.Command {
	return &cobra.Command{Use: "list", Short: "List the keys and when they change", Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
		return p.operate(cmd.Context(), func(op *operator) error {
			infos, err := whole[keys.Info](cmd.Context(), op, "/keys")
			if err != nil {
				return err
			}
			rows := make([][]string, len(infos))
			for i, k := range infos {
				rows[i] = []string{k.Algorithm, k.Use, string(k.State), k.KeyID, moment(k.Active), moment(k.Retired), moment(k.Gone)}
			}
			return p.table(infos, []string{"alg", "use", "state", "kid", "used from", "used until", "kept until"}, rows)
		})
	}}
}

func moment(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format(time.RFC3339)
}

func (p *program) showKey(k keys.Info) error {
	return p.facts(k, fact{"alg", k.Algorithm}, fact{"kid", k.KeyID}, fact{"state", string(k.State)}, fact{"used from", moment(k.Active)})
}

func (p *program) keysRotate() *cobra.Command {
	now := false
	cmd := p.withID("rotate ALG", "Bring a new key into use once relying parties have had time to fetch it", nil, func(ctx context.Context, op *operator, alg string) error {
		var k keys.Info
		if err := op.call(ctx, http.MethodPost, "/keys/"+url.PathEscape(alg)+"/rotate", map[string]bool{"now": now}, &k); err != nil {
			return err
		}
		return p.showKey(k)
	})
	cmd.Flags().BoolVar(&now, "now", false, "at once: relying parties that keep the old JWKS reject tokens until they fetch the new")
	return cmd
}

func (p *program) keysImport() *cobra.Command {
	now := false
	cmd := &cobra.Command{
		Use: "import ALG FILE", Short: "Use a private key of your own: PEM (PKCS #1, PKCS #8, SEC 1) or JWK", Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			text, err := readSecret(args[1])
			if err != nil {
				return err
			}
			return p.operate(cmd.Context(), func(op *operator) error {
				var k keys.Info
				in := map[string]any{"alg": args[0], "key": text, "now": now}
				if err := op.call(cmd.Context(), http.MethodPost, "/keys", in, &k); err != nil {
					return err
				}
				return p.showKey(k)
			})
		},
	}
	cmd.Flags().BoolVar(&now, "now", false, "at once, without publishing it first")
	return cmd
}
