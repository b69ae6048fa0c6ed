package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"signet/cli/config"
	"signet/cli/importing"
	"signet/handlers/api"
	"signet/handlers/dev"
	"signet/keys"
	"signet/storage"
	"signet/storage/bolt"
)

// Exit codes, those of sysexits where it has one.
const (
	exitDone        = 0
	exitFailed      = 1
	exitWarnings    = 2
	exitUsage       = 64
	exitDamaged     = 65
	exitUnavailable = 69
	exitTryAgain    = 75
	exitRefused     = 77
	exitConfig      = 78
)

// program is what all commands share.
type program struct {
	in       io.Reader
	out, err io.Writer

	// Global flags.
	configFile string
	dataDir    string
	format     string
	overrides  []string
	// server is the issuer to administer over the network, from which login lets in; empty is the one on this machine.
	server string
	logins loginFlags
}

// Main runs a command and returns its exit code.
func Main(args []string, in io.Reader, out, errs io.Writer) int {
	// It is never stopped: a signal that comes again while the process ends must not kill it instead.
	ctx, _ := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	p := &program{in: in, out: out, err: errs}
	root := p.root()
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errs)
	err := root.ExecuteContext(ctx)
	if err != nil && !errors.Is(err, errSilent) {
		p.explain(err)
	}
	return exitCode(err)
}

// errSilent ends a command whose words have been said.
var errSilent = errors.New("cli: said already")

// usageError is a mistake on the command line.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usage(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// warning ends a command that worked but has something to complain of.
var errWarnings = fmt.Errorf("%w: warnings", errSilent)

func (p *program) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "signet",
		Short: "An OpenID Connect provider in one binary",
		Long: "Signet signs people in to your applications with OpenID Connect.\n\n" +
			"  signet dev      a provider on localhost with people to try, in seconds\n" +
			"  signet serve    a provider for everybody, on a data directory",
		SilenceUsage:               true,
		SilenceErrors:              true,
		SuggestionsMinimumDistance: 2,
	}
	flags := root.PersistentFlags()
	flags.StringVarP(&p.configFile, "config", "c", os.Getenv("SIGNET_CONFIG"), "configuration file (TOML)")
	flags.StringVar(&p.dataDir, "data", "", "data directory; the same as --set storage.data_dir=DIR")
	flags.StringVar(&p.format, "format", "text", "format of results: text or json")
	flags.StringArrayVar(&p.overrides, "set", nil, "a setting, as in --set tokens.access=10m; may be repeated")
	flags.StringVar(&p.server, "server", os.Getenv("SIGNET_SERVER"), "administer the provider with this issuer, after signet login --administer, in place of the one on this machine")
	flags.StringVar(&p.logins.caFile, "ca-file", "", "PEM file of certificate authorities to trust beside the system's, for login and --server")
	flags.StringVar(&p.logins.file, "login-file", "", "file of the logins; default: signet/login.json in the user's configuration directory")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.PersistentPreRunE = func(*cobra.Command, []string) error {
		if p.format != "text" && p.format != "json" {
			return usage("--format %q, allowed text, json", p.format)
		}
		return nil
	}
	root.AddCommand(p.serveCommand(), p.devCommand(), p.initCommand(), p.configCommand(), p.clientCommand(), p.userCommand(), p.sessionCommand(), p.consentCommand(), p.mailCommand(), p.importCommand(),
		p.groupCommand(), p.upstreamCommand(), p.keysCommand(), p.auditCommand(), p.tokenCommand(), p.databaseCommand(), p.explainCommand(), p.templatesCommand(), p.loginCommand(), p.versionCommand())
	refuseUnknown(root)
	return root
}

// refuseUnknown has commands that are only for their subcommands refuse words that are none. Help, and 0, would tell a script that
// something was done.
func refuseUnknown(cmd *cobra.Command) {
	for _, sub := range cmd.Commands() {
		refuseUnknown(sub)
	}
	if cmd.Runnable() || !cmd.HasParent() {
		return
	}
	cmd.SuggestionsMinimumDistance = 2
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return cmd.Help()
		}
		near := ""
		if names := cmd.SuggestionsFor(args[0]); len(names) > 0 {
			near = "; did you mean " + names[0] + "?"
		}
		return usage("%s: no command %q%s", cmd.CommandPath(), args[0], near)
	}
}

// exitCode finds the code of an error.
func exitCode(err error) int {
	var (
		bad     usageError
		problem *config.Error
		remote  *api.Error
	)
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errWarnings):
		return exitWarnings
	case errors.As(err, &bad), strings.HasPrefix(err.Error(), "unknown command"), strings.HasPrefix(err.Error(), "accepts "), strings.HasPrefix(err.Error(), "requires "):
		return exitUsage
	case errors.As(err, &problem), errors.Is(err, storage.ErrSchema):
		return exitConfig
	case errors.Is(err, storage.ErrDamaged), errors.Is(err, importing.ErrFile):
		return exitDamaged
	case errors.Is(err, keys.ErrMaster):
		return exitConfig
	case errors.Is(err, dev.ErrRefused):
		return exitRefused
	case errors.Is(err, storage.ErrUnavailable):
		return exitUnavailable
	case errors.Is(err, storage.ErrFull), errors.Is(err, syscall.ENOSPC), errors.Is(err, storage.ErrStopped), errors.Is(err, storage.ErrUnknown):
		return exitTryAgain
	case errors.As(err, &remote):
		return remoteExit(remote)
	}
	return exitFailed
}

func remoteExit(e *api.Error) int {
	switch e.Code {
	case "unavailable":
		return exitTryAgain
	case "declared", "forbidden", "insufficient_scope":
		return exitRefused
	}
	return exitFailed
}

// explain prints an error for a person.
func (p *program) explain(err error) {
	var problems *config.Error
	if errors.As(err, &problems) {
		for _, problem := range problems.Problems {
			fmt.Fprintf(p.err, "signet: %s\n", problem)
		}
		return
	}
	fmt.Fprintf(p.err, "signet: %s%s\n", strings.TrimPrefix(err.Error(), "cli: "), remedy(err))
}

// remedies say what to do about errors that stop a command at its data, where they do not say so themselves. The first that
// is meant counts.
var remedies = []struct {
	err error
	fix string
}{
	{storage.ErrSchema, "run the program that wrote these data, or a newer one"},
	{keys.ErrMaster, "put back the master key that belongs to these data"},
	{storage.ErrDamaged, "restore the data, or the master key that belongs to them, from a backup"},
	{storage.ErrFull, "make room on the disk"},
	{syscall.ENOSPC, "make room on the disk"},
	{bolt.ErrLocked, "stop it, or name other data with --data"},
}

func remedy(err error) string {
	for _, r := range remedies {
		if errors.Is(err, r.err) && !strings.Contains(err.Error(), "; run: ") {
			return "; fix: " + r.fix
		}
	}
	return ""
}
