package cli

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"signet/handlers/api"
	"signet/provider/account"
)

// stateText is a person's state as operators read it; empty for one who is as most are.
func stateText(u *account.Person) string {
	switch state := u.StateAt(time.Now()); {
	case state == account.StateActive:
		return ""
	case state == account.StateLeaving:
		return string(state) + " until " + dateOf(u.Leaving.Ends)
	default:
		return string(state)
	}
}

func (p *program) userLock() *cobra.Command {
	reason := ""
	cmd := p.withID("lock USER", "Let a person in no more until they are unlocked, and tell them why; what was issued for them stops", p.userNames,
		func(ctx context.Context, op *operator, id string) error {
			if reason == "" {
				return usage("--reason is needed: the person reads it once they have proved who they are")
			}
			return p.userChange(ctx, op, id, api.UserMembers{"locked": reason})
		})
	cmd.Example = "  signet user lock ada --reason 'Your laptop was reported stolen; call 5555'"
	cmd.Flags().StringVar(&reason, "reason", "", "one line that the person reads")
	return cmd
}

func (p *program) userUnlock() *cobra.Command {
	return p.withID("unlock USER", "Let a locked person in again; one who is disabled as well stays so", p.userNames, func(ctx context.Context, op *operator, id string) error {
		return p.userChange(ctx, op, id, api.UserMembers{"locked": nil})
	})
}

// userChange changes members of a person, and shows them.
func (p *program) userChange(ctx context.Context, op *operator, id string, members api.UserMembers) error {
	var u account.Person
	if err := op.call(ctx, http.MethodPatch, "/users/"+url.PathEscape(id), members, &u); err != nil {
		return err
	}
	return p.showUser(u)
}
