package cli

import (
	"context"
	"net/http"
	"net/url"

	"github.com/spf13/cobra"

	"signet/handlers/api"
	"signet/provider/account"
)

func (p *program) userCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "user", Short: "People who can sign in"}
	cmd.AddCommand(p.userAdd(), p.userList(), p.userShow(), p.userEdit(), p.userSetPassword(),
		p.userSwitch("disable", "Let a person sign in no more; what was issued for them stops", true),
		p.userSwitch("enable", "Let a disabled person sign in again", false),
		p.removal("remove USER", "Remove a person and all that was issued for them", "/users/", p.userNames))
	return cmd
}

// userFlags are what can be said of a person on the command line.
type userFlags struct {
	username, email, name, given, family, locale string
	verified                                     bool
	groups                                       []string
}

func (f *userFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.email, "email", "", "e-mail address")
	flags.BoolVar(&f.verified, "email-verified", false, "the address is known to be theirs")
	flags.StringVar(&f.name, "name", "", "full name")
	flags.StringVar(&f.given, "given-name", "", "given name")
	flags.StringVar(&f.family, "family-name", "", "family name")
	flags.StringVar(&f.locale, "locale", "", "language, such as fr-CA")
	flags.StringSliceVar(&f.groups, "group", nil, "groups they belong to")
}

// settings are those of the flags that were given; now is what a change builds on.
func (f *userFlags) settings(cmd *cobra.Command, now account.Profile) api.UserSettings {
	var s api.UserSettings
	given := cmd.Flags().Changed
	put(given("username"), &s.Username, f.username)
	put(given("email"), &s.Email, f.email)
	put(given("email-verified"), &s.EmailVerified, f.verified)
	put(given("group"), &s.Groups, f.groups)
	for name, field := range map[string]struct{ to, from *string }{
		"name": {&now.Name, &f.name}, "given-name": {&now.GivenName, &f.given},
		"family-name": {&now.FamilyName, &f.family}, "locale": {&now.Locale, &f.locale},
	} {
		if given(name) {
			*field.to = *field.from
			s.Profile = &now
		}
	}
	return s
}

func (p *program) userAdd() *cobra.Command {
	f := &userFlags{}
	cmd := &cobra.Command{
		Use: "add USERNAME", Short: "Add a person", Args: cobra.ExactArgs(1),
		Example: "  signet user add ada --email ada@example.com --name 'Ada Lovelace' --group admins --password-file -",
	}
	f.register(cmd)
	passwordFile := cmd.Flags().String("password-file", "", "file with the password, - for standard input; none: they cannot sign in with one")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		in := api.NewUser{UserSettings: f.settings(cmd, account.Profile{})}
		in.Username = &args[0]
		if *passwordFile != "" {
			var err error
			if in.Password, err = readSecret(*passwordFile); err != nil {
				return err
			}
		}
		return p.userOperation(cmd.Context(), http.MethodPost, "/users", in)
	}
	return cmd
}

// userOperation runs an operation that answers with a person, and shows them.
func (p *program) userOperation(ctx context.Context, method, path string, in any) error {
	return p.operate(ctx, func(op *operator) error {
		var u account.Person
		if err := op.call(ctx, method, path, in, &u); err != nil {
			return err
		}
		return p.showUser(u)
	})
}

func (p *program) showUser(u account.Person) error {
	return p.facts(u,
		fact{"sub", u.Subject}, fact{"username", u.Username}, fact{"email", u.Email}, fact{"email verified", yes(u.EmailVerified)},
		fact{"name", u.Name}, fact{"groups", words(u.Groups)}, fact{"disabled", yes(u.Disabled)}, fact{"declared", yes(u.Declared)},
		fact{"created", date(u.Created)}, fact{"updated", date(u.Updated)})
}

func (p *program) userList() *cobra.Command {
	return &cobra.Command{Use: "list", Short: "List the people", Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
		return p.operate(cmd.Context(), func(op *operator) error {
			people, err := all[account.Person](cmd.Context(), op, "/users")
			if err != nil {
				return err
			}
			rows := make([][]string, len(people))
			for i, u := range people {
				rows[i] = []string{u.Username, u.Email, u.Name, words(u.Groups), yes(u.Disabled), u.Subject}
			}
			return p.table(people, []string{"username", "email", "name", "groups", "disabled", "sub"}, rows)
		})
	}}
}

func (p *program) userShow() *cobra.Command {
	return p.withID("show USER", "Show a person, by user name, e-mail address or sub", p.userNames, func(ctx context.Context, op *operator, id string) error {
		var u account.Person
		if err := op.call(ctx, http.MethodGet, "/users/"+url.PathEscape(id), nil, &u); err != nil {
			return err
		}
		return p.showUser(u)
	})
}

func (p *program) userEdit() *cobra.Command {
	f := &userFlags{}
	cmd := &cobra.Command{Use: "edit USER", Short: "Change a person; what is not named stays as it is", Args: cobra.ExactArgs(1), ValidArgsFunction: p.userNames}
	f.register(cmd)
	cmd.Flags().StringVar(&f.username, "username", "", "another user name")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if !changesAsked(cmd) {
			return usageError{errNothingToChange}
		}
		path := "/users/" + url.PathEscape(args[0])
		return p.operate(cmd.Context(), func(op *operator) error {
			var u account.Person
			if err := op.call(cmd.Context(), http.MethodGet, path, nil, &u); err != nil {
				return err
			}
			if err := op.call(cmd.Context(), http.MethodPatch, path, f.settings(cmd, u.Profile), &u); err != nil {
				return err
			}
			return p.showUser(u)
		})
	}
	return cmd
}

func (p *program) userSetPassword() *cobra.Command {
	file := "-"
	cmd := p.withID("set-password USER", "Set a person's password; everything issued for them stops", p.userNames, func(ctx context.Context, op *operator, id string) error {
		password, err := readSecret(file)
		if err != nil {
			return err
		}
		if err := op.call(ctx, http.MethodPut, "/users/"+url.PathEscape(id)+"/password", map[string]string{"password": password}, nil); err != nil {
			return err
		}
		p.say("password of %s set", id)
		return nil
	})
	cmd.Flags().StringVar(&file, "password-file", file, "file with the password, - for standard input")
	return cmd
}

func (p *program) userSwitch(verb, short string, disabled bool) *cobra.Command {
	return p.withID(verb+" USER", short, p.userNames, func(ctx context.Context, op *operator, id string) error {
		var u account.Person
		if err := op.call(ctx, http.MethodPatch, "/users/"+url.PathEscape(id), api.UserSettings{Disabled: &disabled}, &u); err != nil {
			return err
		}
		return p.showUser(u)
	})
}

func put[T any](given bool, field **T, value T) {
	if given {
		*field = &value
	}
}
