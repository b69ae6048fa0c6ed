package cli

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"signet/cli/config"
	"signet/handlers/api"
	"signet/provider"
)

func (p *program) clientCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "client", Short: "Relying parties: the applications that people sign in to"}
	cmd.AddCommand(p.clientAdd(), p.clientList(), p.clientShow(), p.clientEdit(), p.clientRotate(), p.clientDeliveries(), p.clientRemove(), p.clientToken())
	return cmd
}

func (p *program) clientAdd() *cobra.Command {
	f := &clientFlags{}
	cmd := &cobra.Command{
		Use: "add [ID]", Short: "Register a client and print its secret, once",
		Example: "  signet client add grafana --name Grafana --redirect https://grafana.example.com/login/generic_oauth\n" +
			"  signet client add my-app --public --redirect com.example.app:/callback\n" +
			"  signet client add signet-cli --public --device\n" +
			"  signet client add backup-job --grant client_credentials --scope read",
		Args: cobra.MaximumNArgs(1),
	}
	f.register(cmd)
	device := cmd.Flags().Bool("device", false, "it may use the device grant (RFC 8628), with refresh tokens: a command line, a television")
	secretFile := cmd.Flags().String("secret-file", "", "file with the secret to use, at least 32 characters; otherwise one is generated")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		in, err := f.members(cmd)
		if err != nil {
			return err
		}
		if len(args) == 1 {
			in["client_id"] = args[0]
		}
		if *device {
			addDeviceGrant(in)
		}
		if *secretFile != "" {
			if in["client_secret"], err = readSecret(*secretFile); err != nil {
				return err
			}
		}
		return p.operate(cmd.Context(), func(op *operator) error {
			var c api.Client
			if err := op.call(cmd.Context(), http.MethodPost, "/clients", in, &c); err != nil {
				return err
			}
			return p.showClient(c)
		})
	}
	return cmd
}

// addDeviceGrant adds the device grant, beside what else the client is for.
func addDeviceGrant(in api.ClientMembers) {
	grants, _ := in["grant_types"].([]string)
	if grants == nil && in["redirect_uris"] != nil {
		grants = []string{"authorization_code"}
	}
	for _, g := range []string{"refresh_token", provider.GrantDevice} {
		if !slices.Contains(grants, g) {
			grants = append(grants, g)
		}
	}
	in["grant_types"] = grants
}

func date(unix int64) string {
	if unix == 0 {
		return ""
	}
	return time.Unix(unix, 0).UTC().Format(time.RFC3339)
}

func (p *program) clientList() *cobra.Command {
	return &cobra.Command{Use: "list", Short: "List the clients", Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
		return p.operate(cmd.Context(), func(op *operator) error {
			clients, err := all[api.Client](cmd.Context(), op, "/clients")
			if err != nil {
				return err
			}
			rows := make([][]string, len(clients))
			for i, c := range clients {
				rows[i] = []string{c.ID, c.Name, c.AuthMethod, words(c.GrantTypes), yes(c.Disabled)}
			}
			return p.table(clients, []string{"id", "name", "auth method", "grant types", "disabled"}, rows)
		})
	}}
}

func (p *program) clientShow() *cobra.Command {
	return p.withID("show ID", "Show a client", p.clientIDs, func(ctx context.Context, op *operator, id string) error {
		var c api.Client
		if err := op.call(ctx, http.MethodGet, "/clients/"+url.PathEscape(id), nil, &c); err != nil {
			return err
		}
		return p.showClient(c)
	})
}

// withID is a command about one thing.
func (p *program) withID(use, short string, complete completion, do func(context.Context, *operator, string) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: cobra.ExactArgs(1), ValidArgsFunction: complete,
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.operate(cmd.Context(), func(op *operator) error { return do(cmd.Context(), op, args[0]) })
		},
	}
}

func (p *program) clientEdit() *cobra.Command {
	f := &clientFlags{}
	cmd := &cobra.Command{
		Use: "edit ID", Short: "Change a client; what is not named stays as it is", Args: cobra.ExactArgs(1), ValidArgsFunction: p.clientIDs,
		Example: "  signet client edit grafana --add-redirect https://grafana.example.com/login\n  signet client edit grafana --disabled",
	}
	f.register(cmd)
	flags := cmd.Flags()
	flags.Bool("disabled", false, "nobody can use it, and what was issued to it stops; --disabled=false enables it")
	flags.StringArrayVar(&f.addRedirects, "add-redirect", nil, "one more redirect URI; may be repeated")
	flags.StringArrayVar(&f.removeRedirects, "remove-redirect", nil, "one redirect URI less; may be repeated")
	flags.StringArrayVar(&f.addLogouts, "add-post-logout-redirect", nil, "one more address to return to after signing out; may be repeated")
	flags.StringSliceVar(&f.addScopes, "add-scope", nil, "further scopes")
	flags.StringSliceVar(&f.removeScopes, "remove-scope", nil, "scopes to take away")
	flags.BoolVar(&f.administers, "administration", false, "it may administer this provider over the network: people through it as far as their roles go, and it by itself\n"+
		"with client_credentials. Adds all scopes of administration and the audience; take away what it does not need with --remove-scope")
	flags.StringSliceVar(&f.addGrants, "add-grant-type", nil, "further grant types")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if !changesAsked(cmd) {
			return usageError{errNothingToChange}
		}
		in, err := f.members(cmd)
		if err != nil {
			return err
		}
		return p.operate(cmd.Context(), func(op *operator) error { return p.editClient(cmd.Context(), op, args[0], f, in) })
	}
	return cmd
}

func (p *program) editClient(ctx context.Context, op *operator, id string, f *clientFlags, in api.ClientMembers) error {
	path := "/clients/" + url.PathEscape(id)
	var c api.Client
	if err := op.call(ctx, http.MethodGet, path, nil, &c); err != nil {
		return err
	}
	if f.administers {
		if err := f.addAdministration(ctx, op); err != nil {
			return err
		}
		adjust(in, "audience", c.Audience, f.addAudiences, nil)
	}
	adjust(in, "redirect_uris", c.RedirectURIs, f.addRedirects, f.removeRedirects)
	adjust(in, "post_logout_redirect_uris", c.PostLogoutRedirectURIs, f.addLogouts, nil)
	adjust(in, "scopes", c.Scopes, f.addScopes, f.removeScopes)
	adjust(in, "grant_types", c.GrantTypes, f.addGrants, nil)
	if err := op.call(ctx, http.MethodPatch, path, in, &c); err != nil {
		return err
	}
	return p.showClient(c)
}

// addAdministration adds the scopes of administration, and the audience that they are for.
func (f *clientFlags) addAdministration(ctx context.Context, op *operator) error {
	var s api.Status
	if err := op.call(ctx, http.MethodGet, "/status", nil, &s); err != nil {
		return err
	}
	for _, row := range provider.AdministrationScopes() {
		f.addScopes = append(f.addScopes, row.Name)
	}
	f.addAudiences = []string{s.Issuer + provider.PathAdministration}
	return nil
}

// adjust adds to and takes from a list that is not given as a whole.
func adjust(in api.ClientMembers, member string, now, add, remove []string) {
	if len(add)+len(remove) == 0 {
		return
	}
	if given, ok := in[member].([]string); ok {
		now = given
	}
	next := slices.DeleteFunc(slices.Clone(now), func(s string) bool { return slices.Contains(remove, s) })
	for _, s := range add {
		if !slices.Contains(next, s) {
			next = append(next, s)
		}
	}
	in[member] = next
}

func (p *program) clientRotate() *cobra.Command {
	keep, kept := "0s", false
	cmd := p.withID("rotate-secret ID", "Make a new secret and print it, once", p.clientIDs, func(ctx context.Context, op *operator, id string) error {
		d, ok := config.ParseDuration(keep)
		if !ok {
			return usage("--keep %q, want a time such as 24h or 7d", keep)
		}
		var c api.Client
		in := map[string]any{"keep": int64(d / time.Second), "kept": kept}
		if err := op.call(ctx, http.MethodPost, "/clients/"+url.PathEscape(id)+"/secret", in, &c); err != nil {
			return err
		}
		return p.facts(c, fact{"client_id", c.ID}, fact{"client_secret", c.Secret}, fact{"live secrets", strconv.Itoa(len(c.Secrets))})
	})
	cmd.Flags().StringVar(&keep, "keep", keep, "how long the present secret stays good beside the new one")
	cmd.Flags().BoolVar(&kept, "kept", false, "keep the secret itself as well, for a client that is about to use client_secret_jwt or an algorithm such as HS256")
	return cmd
}

func (p *program) clientRemove() *cobra.Command {
	return p.removal("remove ID", "Remove a client; its tokens stop at once", "/clients/", p.clientIDs)
}

// removal is a command that removes something after asking.
func (p *program) removal(use, short, path string, complete completion) *cobra.Command {
	sure := false
	cmd := p.withID(use, short, complete, func(ctx context.Context, op *operator, id string) error {
		if !sure && !p.confirm(fmt.Sprintf("Remove %s? This cannot be undone.", id)) {
			return usage("not removed; say --yes where nobody can be asked")
		}
		if err := op.call(ctx, http.MethodDelete, path+url.PathEscape(id), nil, nil); err != nil {
			return err
		}
		p.say("removed %s", id)
		return nil
	})
	cmd.Flags().BoolVarP(&sure, "yes", "y", false, "do not ask")
	return cmd
}
