package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"signet/cli/config"
	"signet/handlers"
	"signet/handlers/dev"
	"signet/handlers/playground"
)

// devData is where a development server keeps its data unless told otherwise.
const devData = ".signet-dev"

// devFlags are those of signet dev.
type devFlags struct {
	port   int
	listen string
	memory bool
	fresh  bool
	strict bool
	json   bool
	expose bool
}

func (p *program) devCommand() *cobra.Command {
	f := devFlags{}
	cmd := &cobra.Command{
		Use:   "dev",
		Short: "Run a provider for developing on this machine",
		Long: "Runs a provider on localhost that has people to try and takes any client_id with any redirect URI on this machine.\n" +
			"It tells what happens, and what to do where something was refused. Nothing of it must ever be exposed to a network.",
		Example: "  signet dev\n  signet dev --memory --port 0 --json\n  signet dev --strict",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return p.dev(cmd.Context(), f) },
	}
	flags := cmd.Flags()
	flags.IntVar(&f.port, "port", 8080, "port of localhost; the next free one if it is taken, any for 0")
	flags.StringVar(&f.listen, "listen", "", "address to listen on, host:port, in place of localhost")
	flags.BoolVar(&f.memory, "memory", false, "keep nothing: the data are in a temporary directory")
	flags.BoolVar(&f.fresh, "fresh", false, "start over: remove the data of earlier runs first")
	flags.BoolVar(&f.strict, "strict", false, "take registered clients only, as in production")
	flags.BoolVar(&f.json, "json", false, "print events as JSON, one a line")
	flags.BoolVar(&f.expose, "expose", false, "let --listen name an address that others can reach")
	return cmd
}

// devRun is one run of a development server.
type devRun struct {
	program *program
	flags   devFlags
	config  *config.Config
	console *dev.Console
	dir     *dev.Directory
	mode    *dev.Mode
	server  *server
	began   time.Time
}

func (p *program) dev(ctx context.Context, f devFlags) (err error) {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGHUP) // the terminal was closed
	defer stop()
	run := &devRun{program: p, flags: f, began: time.Now(), console: p.devConsole(f)}
	if err := run.configure(); err != nil {
		return err
	}
	if err := run.openDirectory(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, run.dir.Close()) }()
	l, err := run.listen()
	if err != nil {
		return err
	}
	if err := run.start(ctx, l); err != nil {
		return errors.Join(err, l.Close())
	}
	return run.serve(ctx, l)
}

func (p *program) devConsole(f devFlags) *dev.Console {
	return &dev.Console{Out: p.out, JSON: f.json, Color: !f.json && isTerminal(p.out) && os.Getenv("NO_COLOR") == ""}
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

// configure makes the configuration: what was said by flags, environment and --config, and no file that lies about.
func (r *devRun) configure() error {
	flags, err := r.program.flagSettings()
	if err != nil {
		return err
	}
	if r.flags.port < 0 || r.flags.port > 65535 {
		return usage("--port %d, allowed 0 to 65535", r.flags.port)
	}
	for key, value := range map[string]string{"storage.data_dir": devData, "passwords.memory": "8MiB", "passwords.time": "1", "log.level": "warn"} {
		if flags[key] == "" {
			flags[key] = value
		}
	}
	flags["server.listen"] = "127.0.0.1:" + strconv.Itoa(max(r.flags.port, 1))
	r.config, err = config.Load(config.Sources{File: r.program.configFile, Environ: os.Environ(), OtherEnv: []string{"SIGNET_CONFIG"}, Flags: flags})
	if err != nil {
		return err
	}
	if r.config.Storage.Engine != "bolt" {
		return fmt.Errorf("%w: storage.engine is %s; a development server keeps its own file", dev.ErrRefused, r.config.Storage.Engine)
	}
	return dev.CheckIssuer(r.config.Issuer)
}

// ownIssuer tells whether the issuer was chosen by somebody and does not follow from the port.
func (r *devRun) ownIssuer() bool {
	return r.config.Issuer != "http://localhost:"+strconv.Itoa(max(r.flags.port, 1))
}

func (r *devRun) openDirectory() (err error) {
	if r.flags.memory {
		r.dir, err = dev.TemporaryDirectory()
	} else {
		r.dir, err = r.openKept(r.config.Storage.DataDir)
	}
	if err != nil {
		return err
	}
	r.config.Storage.DataDir = r.dir.Path
	return nil
}

func (r *devRun) openKept(path string) (*dev.Directory, error) {
	if c, err := net.DialTimeout("unix", socketPath(path), time.Second); err == nil {
		_ = c.Close()
		return nil, fmt.Errorf("cli: another signet dev runs on %s: signet dev status tells where; stop it, or use --memory or --data", path)
	}
	if r.flags.fresh {
		if _, err := dev.RemoveDirectory(path); err != nil {
			return nil, err
		}
	}
	return dev.OpenDirectory(path)
}

// listen opens the listener, and settles the issuer by the port that it got.
func (r *devRun) listen() (net.Listener, error) {
	if r.flags.listen != "" {
		return r.listenAt(r.flags.listen)
	}
	l, err := r.listenNear(r.flags.port)
	if err != nil {
		return nil, fmt.Errorf("cli: listen: %w", err)
	}
	if !r.ownIssuer() {
		r.config.Issuer = "http://localhost:" + strconv.Itoa(portOf(l))
	}
	return l, nil
}

func (r *devRun) listenAt(address string) (net.Listener, error) {
	if _, err := dev.CheckListen(address, r.flags.expose); err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("cli: listen: %w", err)
	}
	if !r.ownIssuer() {
		r.config.Issuer = "http://localhost:" + strconv.Itoa(portOf(l))
	}
	return l, nil
}

// nextPorts is how many ports after a taken one are tried.
const nextPorts = 20

// listenNear takes the next port if one is taken, unless the issuer was chosen: then the port must be that one.
func (r *devRun) listenNear(port int) (net.Listener, error) {
	l, err := listenLocalhost(port)
	for next := port + 1; errors.Is(err, syscall.EADDRINUSE) && next <= min(port+nextPorts, 65535) && !r.ownIssuer(); next++ {
		if l, err = listenLocalhost(next); err == nil {
			fmt.Fprintf(r.program.err, "%d is in use; using %d\n", port, next)
		}
	}
	return l, err
}

func (r *devRun) start(ctx context.Context, l net.Listener) (err error) {
	exposed := ""
	if host, _, _ := net.SplitHostPort(l.Addr().String()); !net.ParseIP(host).IsLoopback() {
		exposed = l.Addr().String()
	}
	r.mode, err = dev.New(dev.Config{
		Issuer: r.config.Issuer, Directory: r.dir, Clock: time.Now, Strict: r.flags.strict, Exposed: exposed, Version: versionText(),
		Playground: playground.Path,
	})
	if err != nil {
		return err
	}
	try, err := r.playground()
	if err != nil {
		return err
	}
	r.server = newServer(r.program, r.config, parts{clock: r.mode.Now, observe: r.mode.Observe, relax: r.mode.Relax(), migrate: true})
	r.server.wrap = r.mode.Wrap
	r.server.dress = func(c *handlers.Config) {
		r.mode.Dress(c)
		c.Extra = append(c.Extra, try.Routes)
	}
	if err := r.server.start(ctx, r.config); err != nil {
		return err
	}
	return errors.Join(r.mode.Seed(ctx), r.server.openPrivate(ctx, r.config))
}

// playgroundTimeout bounds a request of the playground. A slow token endpoint, which development mode can play, is shorter.
const playgroundTimeout = 30 * time.Second

// playground makes the relying party. Its way to the provider is the way of every app: over the network, to the issuer.
func (r *devRun) playground() (*playground.Playground, error) {
	return playground.New(playground.Config{
		Issuer: r.config.Issuer, Client: &http.Client{Timeout: playgroundTimeout, Transport: &http.Transport{}}, Rand: rand.Reader,
		Clock: r.mode.Now, Machine: time.Now,
	})
}

// serve tells what happens until the context ends.
func (r *devRun) serve(ctx context.Context, l net.Listener) error {
	status, err := r.mode.Status(ctx)
	if err != nil {
		return err
	}
	if err := r.console.Ready(status, time.Since(r.began)); err != nil {
		return err
	}
	told := make(chan struct{})
	go func() {
		defer close(told)
		for e := range r.mode.Journal().Follow() {
			_ = r.console.Event(e) // nobody reads any more; the server goes on
		}
	}()
	err = r.server.serve(ctx, l)
	err = errors.Join(err, r.mode.Close())
	<-told
	return err
}
