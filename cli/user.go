package cli

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"github.com/spf13/cobra"

	"signet/handlers/api"
	"signet/provider/account"
)

func (p *program) userCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "user", Short: "People who can sign in"}
	cmd.AddCommand(p.userAdd(), p.userList(), p.userShow(), p.userEdit(), p.userSetPassword(), p.userFactors(), p.userResetFactors(), p.userInvite(),
		p.userSwitch("disable", "Let a person sign in no more; what was issued for them stops", true),
		p.userSwitch("enable", "Let a disabled person sign in again", false),
		p.userLock(), p.userUnlock(), p.userDelete(), p.userRestore(), p.userMerge(), p.userExport(),
		p.removal("remove USER", "Delete a person at once, as delete --now does", "/users/", p.userNames))
	return cmd
}

// userMembers are the flags for what can be said of a person.
var userMembers = []memberFlag{
	{"email", "email", text, "e-mail address"},
	{"email-verified", "email_verified", yesNo, "the address is known to be theirs"},
	{"name", "name", text, "full name"},
	{"given-name", "given_name", text, "given name"},
	{"family-name", "family_name", text, "family name"},
	{"middle-name", "middle_name", text, "middle name"},
	{"nickname", "nickname", text, "nickname"},
	{"profile", "profile", text, "address of a page about them"},
	{"picture", "picture", text, "address of a picture of them"},
	{"website", "website", text, "address of their own pages"},
	{"gender", "gender", text, "female, male, or another word"},
	{"birthdate", "birthdate", text, "YYYY-MM-DD, 0000-MM-DD without the year, or YYYY"},
	{"zoneinfo", "zoneinfo", text, "time zone, such as Europe/Paris"},
	{"locale", "locale", text, "language, such as fr-CA"},
	{"phone-number", "phone_number", text, "phone number, such as +33 6 12 34 56 78"},
	{"phone-number-verified", "phone_number_verified", yesNo, "the number is known to be theirs"},
	{"address", "address.formatted", text, "postal address as it stands on a letter"},
	{"street-address", "address.street_address", text, "street and number"},
	{"locality", "address.locality", text, "city"},
	{"region", "address.region", text, "state or province"},
	{"postal-code", "address.postal_code", text, "postal code"},
	{"country", "address.country", text, "country"},
	{"group", "groups", wordList, "groups they belong to"},
	{"expires", "expires", instant, "until when the account is good: a day (which is in it), a time such as 2027-01-31T12:00:00Z, or never"},
}

func (p *program) userAdd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "add USERNAME", Short: "Add a person", Args: cobra.ExactArgs(1),
		Example: "  signet user add ada --email ada@example.com --name 'Ada Lovelace' --group admins --password-file -",
	}
	registerMembers(cmd.Flags(), userMembers)
	attributes := attributeFlag(cmd.Flags())
	passwordFile := cmd.Flags().String("password-file", "", "file with the password, - for standard input; none: they cannot sign in with one")
	hashFile := cmd.Flags().String("password-hash-file", "", "file with the hash of the password that another program made, such as Django, - for standard input")
	cmd.MarkFlagsMutuallyExclusive("password-file", "password-hash-file")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		in := api.UserMembers(givenMembers(cmd.Flags(), userMembers))
		in["username"] = args[0]
		if err := addAttributes(in, *attributes); err != nil {
			return err
		}
		for member, file := range map[string]string{"password": *passwordFile, "password_hash": *hashFile} {
			if file == "" {
				continue
			}
			secret, err := readSecret(file)
			if err != nil {
				return err
			}
			in[member] = secret
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
	facts, err := membersOf(u, map[string]string{"epoch": "", "expires": dateOf(u.Expires)})
	if err != nil {
		return err
	}
	facts = append(facts, fact{"state", stateText(&u)})
	return p.facts(u, facts...)
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
				rows[i] = []string{u.Username, u.Email, u.Name, words(u.Groups), stateText(&people[i]), u.Subject}
			}
			return p.table(people, []string{"username", "email", "name", "groups", "state", "sub"}, rows)
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
	members := append(slices.Clone(userMembers), memberFlag{"username", "username", text, "another user name"})
	cmd := &cobra.Command{
		Use: "edit USER", Short: "Change a person; what is not named stays as it is", Args: cobra.ExactArgs(1), ValidArgsFunction: p.userNames,
		Example: "  signet user edit ada --phone-number '+44 20 7946 0815' --phone-number-verified\n  signet user edit ada --nickname '' --attribute plan=paid",
	}
	registerMembers(cmd.Flags(), members)
	attributes := attributeFlag(cmd.Flags())
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if !changesAsked(cmd) {
			return usageError{errNothingToChange}
		}
		in := api.UserMembers(givenMembers(cmd.Flags(), members))
		if err := addAttributes(in, *attributes); err != nil {
			return err
		}
		return p.userOperation(cmd.Context(), http.MethodPatch, "/users/"+url.PathEscape(args[0]), in)
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
		return p.userChange(ctx, op, id, api.UserMembers{"disabled": disabled})
	})
}
