package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"signet/cli/config"
	"signet/handlers/api"
)

func (p *program) clientCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "client", Short: "Relying parties: the applications that people sign in to"}
	cmd.AddCommand(p.clientAdd(), p.clientList(), p.clientShow(), p.clientEdit(), p.clientRotate(), p.clientRemove())
	return cmd
}

// clientFlags are what can be said of a client on the command line.
type clientFlags struct {
	name, uri, method, jwks, idTokenAlg, accessToken, accessAlg       string
	redirects, logouts, grants, scopes, audience, resources, groups   []string
	addRedirects, removeRedirects, addScopes, removeScopes, addGrants []string
	public, firstParty, pkceOptional, rotate, refreshAlways, idClaims bool
	introspectAll, disabled                                           bool
}

func (f *clientFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.name, "name", "", "name that people see")
	flags.StringVar(&f.uri, "uri", "", "home page, https")
	flags.StringArrayVar(&f.redirects, "redirect", nil, "redirect URI; may be repeated")
	flags.StringArrayVar(&f.logouts, "post-logout-redirect", nil, "where a browser may return after signing out; may be repeated")
	flags.StringSliceVar(&f.grants, "grant", nil, "grant types: authorization_code, refresh_token, client_credentials")
	flags.StringSliceVar(&f.scopes, "scope", nil, "scopes it may ask for")
	flags.StringSliceVar(&f.audience, "audience", nil, "audiences it may ask tokens for")
	flags.StringSliceVar(&f.resources, "resource", nil, "audiences for which it is the resource server: it may introspect their tokens")
	flags.StringSliceVar(&f.groups, "group", nil, "groups whose members may use it; none: everybody")
	flags.StringVar(&f.method, "auth-method", "", "client_secret_basic, client_secret_post, private_key_jwt or none")
	flags.StringVar(&f.jwks, "jwks", "", "file with its public keys (JWK Set) for private_key_jwt")
	flags.StringVar(&f.idTokenAlg, "id-token-alg", "", "algorithm of its ID tokens; default RS256")
	flags.StringVar(&f.accessToken, "access-token", "", "opaque or jwt")
	flags.StringVar(&f.accessAlg, "access-token-alg", "", "algorithm of its JWT access tokens; default RS256")
	flags.BoolVar(&f.public, "public", false, "it cannot keep a secret: an app or a page in a browser")
	flags.BoolVar(&f.firstParty, "first-party", false, "it is your own: people are not asked for consent")
	flags.BoolVar(&f.pkceOptional, "pkce-optional", false, "it may leave PKCE out (confidential clients only)")
	flags.BoolVar(&f.rotate, "rotate-refresh", false, "its refresh tokens rotate; those of public clients always do")
	flags.BoolVar(&f.refreshAlways, "refresh-always", false, "it gets refresh tokens without the scope offline_access")
	flags.BoolVar(&f.idClaims, "id-token-claims", false, "its ID tokens carry the claims of the scopes, for clients that never ask userinfo")
	flags.BoolVar(&f.introspectAll, "introspect-all", false, "it may introspect the tokens of every client")
}

// settings are those of the flags that were given.
func (f *clientFlags) settings(cmd *cobra.Command) (api.ClientSettings, error) {
	var s api.ClientSettings
	given := cmd.Flags().Changed
	put(given("name"), &s.Name, f.name)
	put(given("uri"), &s.ClientURI, f.uri)
	put(given("redirect"), &s.RedirectURIs, f.redirects)
	put(given("post-logout-redirect"), &s.PostLogoutRedirectURIs, f.logouts)
	put(given("grant"), &s.GrantTypes, f.grants)
	put(given("scope"), &s.Scopes, f.scopes)
	put(given("audience"), &s.Audience, f.audience)
	put(given("resource"), &s.Resources, f.resources)
	put(given("group"), &s.Groups, f.groups)
	put(given("auth-method"), &s.AuthMethod, f.method)
	put(given("id-token-alg"), &s.IDTokenAlg, f.idTokenAlg)
	put(given("access-token"), &s.AccessToken, f.accessToken)
	put(given("access-token-alg"), &s.AccessTokenAlg, f.accessAlg)
	put(given("first-party"), &s.FirstParty, f.firstParty)
	put(given("pkce-optional"), &s.PKCEOptional, f.pkceOptional)
	put(given("rotate-refresh"), &s.RotateRefresh, f.rotate)
	put(given("refresh-always"), &s.RefreshAlways, f.refreshAlways)
	put(given("id-token-claims"), &s.IDTokenClaims, f.idClaims)
	put(given("introspect-all"), &s.IntrospectAll, f.introspectAll)
	put(given("disabled"), &s.Disabled, f.disabled)
	if given("public") {
		if given("auth-method") {
			return s, usage("--public and --auth-method exclude each other")
		}
		method := "client_secret_basic"
		if f.public {
			method = "none"
		}
		s.AuthMethod = &method
	}
	if f.jwks != "" {
		text, err := os.ReadFile(f.jwks)
		if err != nil {
			return s, usage("--jwks: %w", err)
		}
		s.JWKS = (*json.RawMessage)(&text)
	}
	return s, nil
}

func put[T any](given bool, field **T, value T) {
	if given {
		*field = &value
	}
}

func (p *program) clientAdd() *cobra.Command {
	f := &clientFlags{}
	cmd := &cobra.Command{
		Use: "add [ID]", Short: "Register a client and print its secret, once",
		Example: "  signet client add grafana --name Grafana --redirect https://grafana.example.com/login/generic_oauth\n" +
			"  signet client add my-app --public --redirect com.example.app:/callback\n" +
			"  signet client add backup-job --grant client_credentials --scope read",
		Args: cobra.MaximumNArgs(1),
	}
	f.register(cmd)
	secretFile := cmd.Flags().String("secret-file", "", "file with the secret to use, at least 32 characters; otherwise one is generated")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		settings, err := f.settings(cmd)
		if err != nil {
			return err
		}
		in := api.NewClient{ClientSettings: settings}
		if len(args) == 1 {
			in.ID = args[0]
		}
		if *secretFile != "" {
			if in.Secret, err = readSecret(*secretFile); err != nil {
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

func (p *program) showClient(c api.Client) error {
	var secrets []string
	for _, s := range c.Secrets {
		text := "made " + date(s.Created)
		if s.Expires > 0 {
			text += ", ends " + date(s.Expires)
		}
		secrets = append(secrets, text)
	}
	return p.facts(c,
		fact{"client_id", c.ID}, fact{"client_secret", c.Secret}, fact{"name", c.Name},
		fact{"redirect_uris", words(c.RedirectURIs)}, fact{"post_logout_redirect_uris", words(c.PostLogoutRedirectURIs)},
		fact{"auth method", c.AuthMethod}, fact{"grant types", words(c.GrantTypes)}, fact{"scopes", words(c.Scopes)},
		fact{"audience", words(c.Audience)}, fact{"resources", words(c.Resources)}, fact{"groups", words(c.Groups)}, fact{"access tokens", c.AccessToken},
		fact{"first party", yes(c.FirstParty)}, fact{"disabled", yes(c.Disabled)}, fact{"declared", yes(c.Declared)},
		fact{"secrets", words(secrets)}, fact{"created", date(c.Created)}, fact{"updated", date(c.Updated)})
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
	flags.BoolVar(&f.disabled, "disabled", false, "nobody can use it, and what was issued to it stops; --disabled=false enables it")
	flags.StringArrayVar(&f.addRedirects, "add-redirect", nil, "one more redirect URI; may be repeated")
	flags.StringArrayVar(&f.removeRedirects, "remove-redirect", nil, "one redirect URI less; may be repeated")
	flags.StringSliceVar(&f.addScopes, "add-scope", nil, "further scopes")
	flags.StringSliceVar(&f.removeScopes, "remove-scope", nil, "scopes to take away")
	flags.StringSliceVar(&f.addGrants, "add-grant-type", nil, "further grant types")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if !changesAsked(cmd) {
			return usageError{errNothingToChange}
		}
		settings, err := f.settings(cmd)
		if err != nil {
			return err
		}
		return p.operate(cmd.Context(), func(op *operator) error { return p.editClient(cmd.Context(), op, args[0], f, settings) })
	}
	return cmd
}

func (p *program) editClient(ctx context.Context, op *operator, id string, f *clientFlags, s api.ClientSettings) error {
	path := "/clients/" + url.PathEscape(id)
	var c api.Client
	if err := op.call(ctx, http.MethodGet, path, nil, &c); err != nil {
		return err
	}
	adjust(&s.RedirectURIs, c.RedirectURIs, f.addRedirects, f.removeRedirects)
	adjust(&s.Scopes, c.Scopes, f.addScopes, f.removeScopes)
	adjust(&s.GrantTypes, c.GrantTypes, f.addGrants, nil)
	if err := op.call(ctx, http.MethodPatch, path, s, &c); err != nil {
		return err
	}
	return p.showClient(c)
}

// adjust adds to and takes from a list that is not given as a whole.
func adjust(field **[]string, now, add, remove []string) {
	if len(add)+len(remove) == 0 {
		return
	}
	if *field != nil {
		now = **field
	}
	next := slices.DeleteFunc(slices.Clone(now), func(s string) bool { return slices.Contains(remove, s) })
	for _, s := range add {
		if !slices.Contains(next, s) {
			next = append(next, s)
		}
	}
	*field = &next
}

func (p *program) clientRotate() *cobra.Command {
	keep := "0s"
	cmd := p.withID("rotate-secret ID", "Make a new secret and print it, once", p.clientIDs, func(ctx context.Context, op *operator, id string) error {
		d, ok := config.ParseDuration(keep)
		if !ok {
			return usage("--keep %q, want a time such as 24h or 7d", keep)
		}
		var c api.Client
		in := map[string]int64{"keep": int64(d / time.Second)}
		if err := op.call(ctx, http.MethodPost, "/clients/"+url.PathEscape(id)+"/secret", in, &c); err != nil {
			return err
		}
		return p.facts(c, fact{"client_id", c.ID}, fact{"client_secret", c.Secret}, fact{"live secrets", strconv.Itoa(len(c.Secrets))})
	})
	cmd.Flags().StringVar(&keep, "keep", keep, "how long the present secret stays good beside the new one")
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
