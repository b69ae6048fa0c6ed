package cli

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"signet/cli/remote"
	"signet/provider"
)

// loginClient is the client_id that the command line uses unless another is named.
const loginClient = "signet-cli"

// loginScope is what the command line asks for.
const loginScope = "openid profile email offline_access"

// loginFlags are what the login commands can be told.
type loginFlags struct {
	clientID, scope, caFile, file string
	resources                     []string
	token, qr, noQR, administer   bool
}

func (p *program) loginCommand() *cobra.Command {
	f := &p.logins
	cmd := &cobra.Command{
		Use: "login [ISSUER]", Short: "Sign the command line in to a provider somewhere", Args: cobra.MaximumNArgs(1),
		Long: "Signs the command line in to a provider as any other client, with the device grant: open the address that is printed, on\n" +
			"whatever device, sign in there, compare the code, and allow it. It is good for two things: --token prints an access\n" +
			"token for curl and scripts, refreshed when it must be; and after a login with --administer, other commands with --server ISSUER\n" +
			"administer that provider as far as your role there goes.\n\n" +
			"The provider must know a public client for it. Its operator adds one with: signet client add " + loginClient + " --public --device\n" +
			"and for --administer gives it the scopes and the audience: signet client edit " + loginClient + " --administration\n\n" +
			"Tokens are kept in login.json of your configuration directory, for you alone to read.",
		Example: "  signet login https://id.example.com\n" +
			"  curl -H \"Authorization: Bearer $(signet login --token)\" https://id.example.com/userinfo\n" +
			"  signet login status\n  signet login logout",
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.token {
				return p.loginToken(cmd.Context(), f, first(args))
			}
			if len(args) == 0 {
				return usage("which issuer? for example: signet login https://id.example.com")
			}
			return p.login(cmd.Context(), f, args[0])
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.clientID, "client-id", loginClient, "client_id of a public client that may use the device grant")
	flags.StringVar(&f.scope, "scope", loginScope, "scopes to ask for")
	flags.StringArrayVar(&f.resources, "resource", nil, "audience to ask tokens for (RFC 8707); may be repeated")
	flags.BoolVar(&f.administer, "administer", false, "ask for everything that your role lets you administer, for --server")
	flags.BoolVar(&f.token, "token", false, "print an access token of the login that there is, and nothing else")
	flags.BoolVar(&f.qr, "qr", false, "draw a QR code even where standard error is no terminal")
	flags.BoolVar(&f.noQR, "no-qr", false, "draw no QR code")
	cmd.AddCommand(p.loginStatus(f), p.loginLogout(f))
	return cmd
}

func first(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}

// login signs in, and keeps the tokens.
func (p *program) login(ctx context.Context, f *loginFlags, issuer string) error {
	path, logins, err := f.read()
	if err != nil {
		return err
	}
	c, err := f.client(f.clientID)
	if err != nil {
		return err
	}
	s, err := c.Discover(ctx, issuer)
	if err != nil {
		return err
	}
	if f.administer {
		f.askToAdminister(issuer)
	}
	pending, err := c.Start(ctx, s, f.scope, f.resources)
	if err != nil {
		return loginFault(err, f.clientID)
	}
	if err := p.showPending(pending, f); err != nil {
		return err
	}
	tokens, err := c.Await(ctx, s, pending)
	if err != nil {
		return err
	}
	login := c.NewLogin(tokens, f.scope)
	logins.Keep(issuer, login)
	if err := logins.Write(path); err != nil {
		return err
	}
	return p.showLogin(ctx, c, s, login)
}

// askToAdminister asks for all scopes of administration, for its resource. What the person's role does not allow, it does not give.
func (f *loginFlags) askToAdminister(issuer string) {
	for _, row := range provider.AdministrationScopes() {
		f.scope += " " + row.Name
	}
	f.resources = append(f.resources, issuer+provider.PathAdministration)
}

// loginFault says what to do where the client is the reason.
func loginFault(err error, clientID string) error {
	refusal := (*remote.Error)(nil)
	if errors.As(err, &refusal) && slices.Contains([]string{"invalid_client", "unauthorized_client"}, refusal.Code) {
		return fmt.Errorf("%w; fix: the provider's operator can run: signet client add %s --public --device", err, clientID)
	}
	return err
}

// showPending tells the person what to do. It goes to standard error: standard output is for results.
func (p *program) showPending(pending *remote.Pending, f *loginFlags) error {
	verify, code := remote.Printable(pending.Verify), remote.Printable(pending.UserCode)
	fmt.Fprintf(p.err, "\n  Open   %s\n  Code   %s\n\n", verify, code)
	if complete := remote.Printable(pending.Complete); complete != "" {
		fmt.Fprintf(p.err, "  or open %s and see that it shows this code.\n", complete)
		if f.qr || terminal(p.err) && !f.noQR {
			drawn, err := qrCode(complete)
			if err != nil {
				return err
			}
			fmt.Fprintf(p.err, "\n%s", drawn)
		}
	}
	fmt.Fprintf(p.err, "\nwaiting until it is allowed there, for %s at most\n", time.Duration(pending.ExpiresIn)*time.Second)
	return nil
}

// read reads the logins that there are.
func (f *loginFlags) read() (path string, logins *remote.Logins, err error) {
	if path = f.file; path == "" {
		if path, err = remote.DefaultFile(); err != nil {
			return "", nil, err
		}
	}
	logins, err = remote.Read(path)
	return path, logins, err
}

// loginTimeout is how long one request to a provider may take.
const loginTimeout = 30 * time.Second

// client makes the command line's client of a provider. It follows no redirects: what is meant for an endpoint is for no other.
func (f *loginFlags) client(id string) (*remote.Client, error) {
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true}
	if f.caFile != "" {
		roots, err := x509.SystemCertPool()
		if err != nil {
			roots = x509.NewCertPool() // a machine without authorities of its own
		}
		text, err := os.ReadFile(f.caFile)
		if err != nil {
			return nil, usage("--ca-file: %w", err)
		}
		if !roots.AppendCertsFromPEM(text) {
			return nil, usage("--ca-file: no certificate in %s", f.caFile)
		}
		transport.TLSClientConfig.RootCAs = roots
	}
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &remote.Client{
		ID: id, HTTP: &http.Client{Timeout: loginTimeout, Transport: transport, CheckRedirect: stay},
		Agent: "signet/" + versionText() + " (" + runtime.GOOS + ")", Clock: time.Now, Rand: rand.Reader,
	}, nil
}

// signedIn is a login with what is needed to use it.
type signedIn struct {
	path   string
	logins *remote.Logins
	issuer string
	login  *remote.Login
	client *remote.Client
	server *remote.Server
}

// errNotSignedIn says that there is no login.
var errNotSignedIn = errors.New("cli: not signed in; run: signet login ISSUER")

// find finds the login to an issuer, or the current one.
func (f *loginFlags) find(ctx context.Context, issuer string) (*signedIn, error) {
	in := &signedIn{}
	var err error
	if in.path, in.logins, err = f.read(); err != nil {
		return nil, err
	}
	if in.issuer, in.login = in.logins.Find(issuer); in.login == nil {
		return nil, errNotSignedIn
	}
	if in.client, err = f.client(in.login.ClientID); err != nil {
		return nil, err
	}
	in.server, err = in.client.Discover(ctx, in.issuer)
	return in, err
}

// fresh refreshes the access token if it must, and keeps what came.
func (in *signedIn) fresh(ctx context.Context) error {
	changed, err := in.client.Fresh(ctx, in.server, in.login)
	if errors.Is(err, remote.ErrEnded) {
		return fmt.Errorf("%w; run: signet login %s", err, in.issuer)
	}
	if err == nil && changed {
		err = in.logins.Write(in.path)
	}
	return err
}

// loginToken prints an access token for a script.
func (p *program) loginToken(ctx context.Context, f *loginFlags, issuer string) error {
	in, err := f.find(ctx, issuer)
	if err == nil {
		err = in.fresh(ctx)
	}
	if err != nil {
		return err
	}
	if p.format == "json" {
		return p.printJSON(map[string]any{"issuer": in.issuer, "access_token": in.login.Access, "expires": date(in.login.Expires)})
	}
	fmt.Fprintln(p.out, in.login.Access)
	return nil
}

func (p *program) loginStatus(f *loginFlags) *cobra.Command {
	return &cobra.Command{Use: "status [ISSUER]", Short: "Tell who is signed in, and where", Args: cobra.MaximumNArgs(1), RunE: func(cmd *cobra.Command, args []string) error {
		in, err := f.find(cmd.Context(), first(args))
		if err == nil {
			err = in.fresh(cmd.Context())
		}
		if err != nil {
			return err
		}
		return p.showLogin(cmd.Context(), in.client, in.server, in.login)
	}}
}

// showLogin asks the provider who signed in: what it says now counts, not what it said then.
func (p *program) showLogin(ctx context.Context, c *remote.Client, s *remote.Server, login *remote.Login) error {
	who, err := c.Who(ctx, s, login)
	if err != nil {
		return err
	}
	said := func(name string) string {
		text, _ := who[name].(string)
		return remote.Printable(text)
	}
	refresh := "no: it ends with its access token"
	if login.Refresh != "" {
		refresh = "yes"
	}
	value := map[string]any{"issuer": s.Issuer, "client_id": login.ClientID, "sub": who["sub"], "scope": login.Scope, "expires": date(login.Expires), "refreshes": login.Refresh != ""}
	return p.facts(value,
		fact{"issuer", s.Issuer}, fact{"client", login.ClientID}, fact{"sub", said("sub")}, fact{"username", said("preferred_username")}, fact{"email", said("email")},
		fact{"scope", remote.Printable(login.Scope)}, fact{"since", date(login.Since)}, fact{"access token ends", date(login.Expires)}, fact{"refreshes", refresh})
}

func (p *program) loginLogout(f *loginFlags) *cobra.Command {
	return &cobra.Command{Use: "logout [ISSUER]", Short: "Give the tokens back and forget them", Args: cobra.MaximumNArgs(1), RunE: func(cmd *cobra.Command, args []string) error {
		in, err := f.find(cmd.Context(), first(args))
		if in == nil || in.login == nil {
			return err
		}
		if err == nil {
			err = in.client.Revoke(cmd.Context(), in.server, in.login)
		}
		in.logins.Forget(in.issuer)
		if kept := in.logins.Write(in.path); kept != nil {
			return kept
		}
		if err != nil {
			fmt.Fprintf(p.err, "signet: %s; the tokens are forgotten here, but could not be revoked there\n", strings.TrimPrefix(err.Error(), "remote: "))
			return errWarnings
		}
		p.say("signed out of %s", in.issuer)
		return nil
	}}
}
