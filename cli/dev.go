package cli

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"signet/cli/config"
	"signet/handlers/dev"
)

// devData is where a development server keeps its data unless told otherwise.
const devData = dev.DefaultData

// devFlags are those of signet dev.
type devFlags struct {
	port   int
	listen string
	seed   string
	memory bool
	fresh  bool
	strict bool
	open   bool
	json   bool
	expose bool
	tls    bool
}

func (p *program) devCommand() *cobra.Command {
	f := devFlags{}
	cmd := &cobra.Command{
		Use:   "dev",
		Short: "Run a provider for developing on this machine",
		Long: "Runs a provider on localhost that has people to try and takes any client_id with any redirect URI on this machine.\n" +
			"It tells what happens, and what to do where something was refused. Nothing of it must ever be exposed to a network.\n\n" +
			"Settings can be given by --set, the environment and --config; a file that lies about is not read.",
		Example: "  signet dev\n  signet dev --seed dev.toml --set tokens.access=1m\n  signet dev --memory --port 0 --json\n  signet dev --tls",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return p.dev(cmd.Context(), f) },
	}
	flags := cmd.Flags()
	flags.IntVar(&f.port, "port", 8080, "port of localhost; the next free one if it is taken, any for 0")
	flags.StringVar(&f.listen, "listen", "", "address to listen on, host:port, in place of localhost")
	flags.StringVar(&f.seed, "seed", "", "people, groups, clients, clock and failures to begin with (TOML)")
	flags.BoolVar(&f.memory, "memory", false, "keep nothing: the data are in a temporary directory")
	flags.BoolVar(&f.fresh, "fresh", false, "start over: remove the data of earlier runs first")
	flags.BoolVar(&f.strict, "strict", false, "take registered clients only, as in production")
	flags.BoolVar(&f.open, "open", false, "open the first page in the browser, unless you are here over SSH")
	flags.BoolVar(&f.json, "json", false, "print events as JSON, one a line")
	flags.BoolVar(&f.expose, "expose", false, "let --listen name an address that others can reach")
	flags.BoolVar(&f.tls, "tls", false, "serve https with a certificate of an authority of your own; signet dev trust installs it")
	cmd.AddCommand(p.devStatusCommand(), p.devResetCommand(), p.devTrustCommand())
	return cmd
}

// devRun is one run of a development server.
type devRun struct {
	program *program
	flags   devFlags
	config  *config.Config
	console *dev.Console
	seed    *dev.Seed
	dir     *dev.Directory
	mode    *dev.Mode
	server  *server
	// tls is nil without TLS.
	tls *devTLS
	// exposed is the address at which others can reach the server, or empty.
	exposed string
	began   time.Time
}

func (p *program) dev(ctx context.Context, f devFlags) (err error) {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGHUP) // the terminal was closed
	defer stop()
	f.json = f.json || p.format == "json"
	r := &devRun{program: p, flags: f, began: time.Now(), console: p.devConsole(f)}
	if err := r.configure(); err != nil {
		return err
	}
	if err := r.openDirectory(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.dir.Close()) }()
	l, err := r.listen()
	if err != nil {
		return err
	}
	if r.tls, err = r.openTLS(); err != nil {
		return errors.Join(err, l.Close())
	}
	if err := r.start(ctx); err != nil {
		return errors.Join(err, l.Close())
	}
	return r.serve(ctx, l)
}

func (p *program) devConsole(f devFlags) *dev.Console {
	return &dev.Console{Out: p.out, JSON: f.json, Color: isTerminal(p.out) && os.Getenv("NO_COLOR") == ""}
}

// isTerminal tells whether somebody looks at what is written.
func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb"
}
