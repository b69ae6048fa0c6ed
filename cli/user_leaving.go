package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"signet/handlers/api"
	"signet/provider"
	"signet/provider/account"
)

func (p *program) userDelete() *cobra.Command {
	now, sure := false, false
	cmd := p.withID("delete USER", "Delete a person: they are kept out at once, and gone when the grace has passed", p.userNames, func(ctx context.Context, op *operator, id string) error {
		question, err := deletionQuestion(ctx, op, id, now)
		if err != nil {
			return err
		}
		if !sure && !p.confirm(question) {
			return usage("not deleted; say --yes where nobody can be asked")
		}
		path := "/users/" + url.PathEscape(id)
		if now {
			if err := op.call(ctx, http.MethodDelete, path, nil, nil); err != nil {
				return err
			}
			p.say("deleted %s", id)
			return nil
		}
		var u account.Person
		if err := op.call(ctx, http.MethodPut, path+"/leaving", nil, &u); err != nil {
			return err
		}
		return p.showUser(u)
	})
	cmd.Long = "Deletes a person. They are kept out at once, and what was issued for them stops. Sessions, grants, consents, factors, letters and names go\n" +
		"when accounts.deletion_grace has passed, with --now at once. Until then signet user restore brings the account back. Their sub is nobody's again."
	cmd.Example = "  signet user delete ada\n  signet user delete ada --now --yes"
	cmd.Flags().BoolVar(&now, "now", false, "without grace: nothing brings the account back")
	cmd.Flags().BoolVarP(&sure, "yes", "y", false, "do not ask")
	return cmd
}

// deletionQuestion says what goes with a person.
func deletionQuestion(ctx context.Context, op *operator, id string, now bool) (string, error) {
	path := "/users/" + url.PathEscape(id)
	sessions, err := whole[api.Session](ctx, op, path+"/sessions")
	if err != nil {
		return "", err
	}
	consents, err := all[account.Consent](ctx, op, path+"/consents")
	if err != nil {
		return "", err
	}
	undo := "It can be undone until the grace has passed."
	if now {
		undo = "This cannot be undone."
	}
	return fmt.Sprintf("Delete %s? Sessions that end: %d; applications that lose their access: %d. %s", id, len(sessions), len(consents), undo), nil
}

func (p *program) userRestore() *cobra.Command {
	return p.withID("restore USER", "Keep a person who was to be deleted; they sign in anew", p.userNames, func(ctx context.Context, op *operator, id string) error {
		var u account.Person
		if err := op.call(ctx, http.MethodDelete, "/users/"+url.PathEscape(id)+"/leaving", nil, &u); err != nil {
			return err
		}
		return p.showUser(u)
	})
}

func (p *program) userExport() *cobra.Command {
	cmd := p.withID("export USER", "Print all that is kept of a person, as JSON without secrets", p.userNames, func(ctx context.Context, op *operator, id string) error {
		var data json.RawMessage
		if err := op.call(ctx, http.MethodGet, "/users/"+url.PathEscape(id)+"/export", nil, &data); err != nil {
			return err
		}
		return p.printJSON(data)
	})
	cmd.Example = "  signet user export ada > ada.json"
	return cmd
}

func (p *program) userMerge() *cobra.Command {
	dry, sure := false, false
	cmd := &cobra.Command{
		Use: "merge FROM INTO", Short: "Make one account of two that are one person's", Args: cobra.ExactArgs(2), ValidArgsFunction: p.userNames,
		Long: "Makes the account FROM a part of INTO. What INTO lacks goes over: passkeys, an authenticator app, groups, consents, members of the profile, and the\n" +
			"password if INTO has none. FROM's sessions and grants end, its names become free, and its sub is nobody's again: applications that know it have to\n" +
			"be told the other one, which is listed. It goes on where it was cut short.",
		Example: "  signet user merge ada.old ada --dry-run\n  signet user merge ada.old ada --yes",
	}
	cmd.Flags().BoolVar(&dry, "dry-run", false, "tell what would happen, and change nothing")
	cmd.Flags().BoolVarP(&sure, "yes", "y", false, "do not ask")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if !dry && !sure && !p.confirm(fmt.Sprintf("Merge %s into %s? This cannot be undone.", args[0], args[1])) {
			return usage("not merged; say --yes where nobody can be asked")
		}
		return p.operate(cmd.Context(), func(op *operator) error {
			var m provider.Merge
			in := api.MergeInto{Into: args[1], DryRun: dry}
			if err := op.call(cmd.Context(), http.MethodPost, "/users/"+url.PathEscape(args[0])+"/merge", in, &m); err != nil {
				return err
			}
			return p.showMerge(m)
		})
	}
	return cmd
}

func (p *program) showMerge(m provider.Merge) error {
	done := "no, this was a dry run"
	if m.Done {
		done = "yes"
	}
	facts := []fact{
		{"from", m.From}, {"into", m.Into}, {"done", done}, {"profile", words(m.Members)}, {"groups", strings.Join(m.Groups, ", ")},
		{"passkeys", strings.Join(m.Passkeys, ", ")}, {"connections", words(m.Connections)}, {"app", yes(m.TOTP)}, {"password", yes(m.Password)}, {"deleted", strings.Join(m.Dropped, ", ")},
	}
	for _, a := range m.Applications {
		facts = append(facts, fact{"application " + a.ClientID, a.Before + " → " + a.After})
	}
	return p.facts(m, facts...)
}
