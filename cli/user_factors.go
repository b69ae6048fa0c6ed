package cli

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"signet/provider/account"
)

func (p *program) userFactors() *cobra.Command {
	return p.withID("factors USER", "List what a person proves who they are with, beside the password", p.userNames, func(ctx context.Context, op *operator, id string) error {
		factors, err := whole[account.Factor](ctx, op, "/users/"+url.PathEscape(id)+"/factors")
		if err != nil {
			return err
		}
		rows := make([][]string, len(factors))
		for i, f := range factors {
			left := ""
			if f.Kind == account.FactorRecovery {
				left = strconv.Itoa(f.Left)
			}
			rows[i] = []string{f.Kind, f.Name, left, dateOf(f.Created), dateOf(f.Used)}
		}
		return p.table(factors, []string{"kind", "name", "left", "since", "used"}, rows)
	})
}

// dateOf is a time in Unix seconds as operators read it, or empty for none.
func dateOf(unix int64) string {
	if unix == 0 {
		return ""
	}
	return time.Unix(unix, 0).UTC().Format(time.RFC3339)
}

func (p *program) userResetFactors() *cobra.Command {
	return p.withID("reset-factors USER", "Take away a person's app, recovery codes and passkeys; everything issued for them stops", p.userNames, func(ctx context.Context, op *operator, id string) error {
		if err := op.call(ctx, http.MethodDelete, "/users/"+url.PathEscape(id)+"/factors", nil, nil); err != nil {
			return err
		}
		p.say("factors of %s reset", id)
		return nil
	})
}
