package cli

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"signet/handlers/api"
	"signet/provider/account"
)

func (p *program) groupCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "group", Short: "Groups of people"}
	members := &cobra.Command{Use: "member", Short: "Who is in a group"}
	members.AddCommand(p.memberCommand("add", "Put a person into a group", http.MethodPut), p.memberCommand("remove", "Take a person out of a group", http.MethodDelete))
	cmd.AddCommand(p.groupAdd(), p.groupList(), p.groupShow(), p.groupEdit(), members,
		p.removal("remove GROUP", "Remove a group; its members, and groups within it, stay", "/groups/", p.groupNames))
	return cmd
}

// groupFlags are what can be said of a group.
type groupFlags struct {
	description string
	parents     []string
}

func (f *groupFlags) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.description, "description", "", "what the group is for")
	cmd.Flags().StringSliceVar(&f.parents, "parent", nil, "groups that its members are in, too; '' for none")
}

// settings are those that were given.
func (f *groupFlags) settings(cmd *cobra.Command) (s api.GroupSettings) {
	if cmd.Flags().Changed("description") {
		s.Description = &f.description
	}
	if cmd.Flags().Changed("parent") {
		s.Parents = &f.parents
	}
	return s
}

func (p *program) groupAdd() *cobra.Command {
	var f groupFlags
	var cmd *cobra.Command
	cmd = p.withID("add NAME", "Add a group", nil, func(ctx context.Context, op *operator, name string) error {
		var g account.Group
		in := api.NewGroup{Name: name, GroupSettings: f.settings(cmd)}
		if err := op.call(ctx, http.MethodPost, "/groups", in, &g); err != nil {
			return err
		}
		return p.showGroup(g)
	})
	f.register(cmd)
	return cmd
}

func (p *program) showGroup(g account.Group) error {
	return p.facts(g, fact{"name", g.Name}, fact{"description", g.Description}, fact{"parents", strings.Join(g.Parents, ", ")}, fact{"declared", yes(g.Declared)})
}

func (p *program) groupList() *cobra.Command {
	tree := false
	cmd := &cobra.Command{Use: "list", Short: "List the groups", Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
		return p.operate(cmd.Context(), func(op *operator) error {
			groups, err := all[account.Group](cmd.Context(), op, "/groups")
			if err != nil {
				return err
			}
			lines := flat(groups)
			if tree {
				lines = asTree(groups)
			}
			rows := make([][]string, len(lines))
			for i, l := range lines {
				rows[i] = []string{strings.Repeat("  ", l.level) + l.Name, l.Description, strings.Join(l.Parents, ", "), yes(l.Declared)}
			}
			return p.table(groups, []string{"name", "description", "parents", "declared"}, rows)
		})
	}}
	cmd.Flags().BoolVar(&tree, "tree", false, "groups under those that they lie in; a group with several parents comes several times")
	return cmd
}

// groupLine is a group as a list shows it.
type groupLine struct {
	account.Group
	level int
}

func flat(groups []account.Group) []groupLine {
	lines := make([]groupLine, len(groups))
	for i, g := range groups {
		lines[i] = groupLine{Group: g}
	}
	return lines
}

// maxLevel ends a tree that changed into a circle while it was read.
const maxLevel = 16

// asTree puts each group under its parents.
func asTree(groups []account.Group) (lines []groupLine) {
	var below func(parent string, level int)
	below = func(parent string, level int) {
		for _, g := range groups {
			if level > maxLevel {
				return
			}
			if parent == "" && len(g.Parents) == 0 || slices.Contains(g.Parents, parent) {
				lines = append(lines, groupLine{g, level})
				below(g.Name, level+1)
			}
		}
	}
	below("", 0)
	return lines
}

func (p *program) groupShow() *cobra.Command {
	nested := false
	cmd := p.withID("show GROUP", "List a group's members", p.groupNames, func(ctx context.Context, op *operator, name string) error {
		path := "/groups/" + url.PathEscape(name) + "/members"
		if nested {
			members, err := all[account.Member](ctx, op, path+"?all=true")
			if err != nil {
				return err
			}
			rows := make([][]string, len(members))
			for i, m := range members {
				rows[i] = []string{m.Username, m.Email, m.Subject, m.Via}
			}
			return p.table(members, []string{"username", "email", "sub", "via"}, rows)
		}
		people, err := all[account.Person](ctx, op, path)
		if err != nil {
			return err
		}
		rows := make([][]string, len(people))
		for i, u := range people {
			rows[i] = []string{u.Username, u.Email, u.Subject}
		}
		return p.table(people, []string{"username", "email", "sub"}, rows)
	})
	cmd.Flags().BoolVar(&nested, "all", false, "also the members of the groups within it")
	return cmd
}

func (p *program) groupEdit() *cobra.Command {
	var f groupFlags
	var cmd *cobra.Command
	cmd = p.withID("edit GROUP", "Change a group's description and parents", p.groupNames, func(ctx context.Context, op *operator, name string) error {
		if !changesAsked(cmd) {
			return usageError{errNothingToChange}
		}
		var g account.Group
		if err := op.call(ctx, http.MethodPatch, "/groups/"+url.PathEscape(name), f.settings(cmd), &g); err != nil {
			return err
		}
		return p.showGroup(g)
	})
	f.register(cmd)
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
