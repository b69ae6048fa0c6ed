package cli

import (
	"context"
	"net/http"
	"net/url"

	"github.com/spf13/cobra"

	"signet/handlers/api"
	"signet/provider/account"
)

func (p *program) groupCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "group", Short: "Groups of people"}
	members := &cobra.Command{Use: "member", Short: "Who is in a group"}
	members.AddCommand(p.memberCommand("add", "Put a person into a group", http.MethodPut), p.memberCommand("remove", "Take a person out of a group", http.MethodDelete))
	cmd.AddCommand(p.groupAdd(), p.groupList(), p.groupShow(), p.groupEdit(), members,
		p.removal("remove GROUP", "Remove a group; its members stay", "/groups/", p.groupNames))
	return cmd
}

func (p *program) groupAdd() *cobra.Command {
	description := ""
	cmd := p.withID("add NAME", "Add a group", nil, func(ctx context.Context, op *operator, name string) error {
		var g account.Group
		in := api.NewGroup{Name: name, GroupSettings: api.GroupSettings{Description: &description}}
		if err := op.call(ctx, http.MethodPost, "/groups", in, &g); err != nil {
			return err
		}
		return p.showGroup(g)
	})
	cmd.Flags().StringVar(&description, "description", "", "what the group is for")
	return cmd
}

func (p *program) showGroup(g account.Group) error {
	return p.facts(g, fact{"name", g.Name}, fact{"description", g.Description}, fact{"declared", yes(g.Declared)})
}

func (p *program) groupList() *cobra.Command {
	return &cobra.Command{Use: "list", Short: "List the groups", Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
		return p.operate(cmd.Context(), func(op *operator) error {
			groups, err := all[account.Group](cmd.Context(), op, "/groups")
			if err != nil {
				return err
			}
			rows := make([][]string, len(groups))
			for i, g := range groups {
				rows[i] = []string{g.Name, g.Description, yes(g.Declared)}
			}
			return p.table(groups, []string{"name", "description", "declared"}, rows)
		})
	}}
}

func (p *program) groupShow() *cobra.Command {
	return p.withID("show GROUP", "List a group's members", p.groupNames, func(ctx context.Context, op *operator, name string) error {
		people, err := all[account.Person](ctx, op, "/groups/"+url.PathEscape(name)+"/members")
		if err != nil {
			return err
		}
		rows := make([][]string, len(people))
		for i, u := range people {
			rows[i] = []string{u.Username, u.Email, u.Subject}
		}
		return p.table(people, []string{"username", "email", "sub"}, rows)
	})
}

func (p *program) groupEdit() *cobra.Command {
	description := ""
	cmd := p.withID("edit GROUP", "Change a group's description", p.groupNames, func(ctx context.Context, op *operator, name string) error {
		var g account.Group
		if err := op.call(ctx, http.MethodPatch, "/groups/"+url.PathEscape(name), api.GroupSettings{Description: &description}, &g); err != nil {
			return err
		}
		return p.showGroup(g)
	})
	cmd.Flags().StringVar(&description, "description", "", "what the group is for")
	return cmd
}

func (p *program) memberCommand(verb, short, method string) *cobra.Command {
	return &cobra.Command{
		Use: verb + " GROUP USER", Short: short, Args: cobra.ExactArgs(2), ValidArgsFunction: p.groupNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.operate(cmd.Context(), func(op *operator) error {
				path := "/groups/" + url.PathEscape(args[0]) + "/members/" + url.PathEscape(args[1])
				if err := op.call(cmd.Context(), method, path, nil, nil); err != nil {
					return err
				}
				p.say("%s: %s: done", args[0], args[1])
				return nil
			})
		},
	}
}
