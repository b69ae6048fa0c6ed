package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"net"
	"os"
	"os/exec"
	"runtime"
	"time"

	"signet/handlers"
	"signet/handlers/dev"
	"signet/handlers/playground"
)

// devPublic is development mode with the playground beside.
type devPublic struct {
	*dev.Mode
	playground *playground.Playground
}

// Dress implements development.
func (d devPublic) Dress(c *handlers.Config) {
	d.Mode.Dress(c)
	c.Extra = append(c.Extra, d.playground.Routes)
}

func (r *devRun) start(ctx context.Context) (err error) {
	r.mode, err = dev.New(dev.Config{
		Issuer: r.config.Issuer, Directory: r.dir, Clock: time.Now, Strict: r.flags.strict, Exposed: r.exposed, Version: versionText(),
		Seed: r.seed, Playground: playground.Path, Authority: r.tls.file(),
	})
	if err != nil {
		return err
	}
	try, err := r.playground()
	if err != nil {
		return err
	}
	r.tls.trustItself(r.config)
	r.server = newServer(r.program, r.config, parts{clock: r.mode.Now, observe: r.mode.Observe, relax: r.mode.Relax(), carrier: r.mode.Mailbox(), migrate: true})
	r.server.development = devPublic{r.mode, try}
	if r.tls != nil {
		r.server.certificates = &r.tls.certificates
	}
	err = r.server.start(ctx, r.config)
	if err == nil {
		err = r.mode.Seed(ctx)
	}
	if err == nil {
		err = r.server.openPrivate(ctx, r.config)
	}
	if n := r.server.node.Load(); err != nil && n != nil {
		n.close()
	}
	return err
}

// playgroundTimeout bounds a request of the playground. A slow token endpoint, which development mode can play, is shorter.
const playgroundTimeout = 30 * time.Second

// playground makes the relying party. Its way to the provider is the way of every app: over the network, to the issuer.
func (r *devRun) playground() (*playground.Playground, error) {
	return playground.New(playground.Config{
		Issuer: r.config.Issuer, Client: r.tls.client(), Rand: rand.Reader,
		Clock: r.mode.Now, Machine: time.Now, Authority: r.tls.file(),
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
	if r.flags.open && os.Getenv("SSH_CONNECTION") == "" && os.Getenv("SSH_TTY") == "" {
		openBrowser(status.First())
	}
	told := make(chan struct{})
	go func() {
		defer close(told)
		for e := range r.mode.Journal().Follow() {
			_ = r.console.Event(e) // if nobody reads any more, the server goes on
		}
	}()
	if r.exposed != "" {
		r.server.running.Go(func() { r.warn(ctx) })
	}
	err = r.server.serve(ctx, l)
	err = errors.Join(err, r.mode.Close())
	<-told
	return err
}

// warnEvery is how often an exposed server says that it is.
const warnEvery = time.Minute

func (r *devRun) warn(ctx context.Context) {
	ticker := time.NewTicker(warnEvery)
	defer ticker.Stop()
	for {
		r.mode.Journal().Warn("EXPOSED at " + r.exposed + ": whoever can reach it can sign in as anybody")
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// openBrowser opens an address. That it cannot is no reason to stop: the address is on the screen.
func openBrowser(address string) {
	command := []string{"xdg-open", address}
	switch runtime.GOOS {
	case "darwin":
		command[0] = "open"
	case "windows":
		command = []string{"rundll32", "url.dll,FileProtocolHandler", address}
	}
	cmd := exec.Command(command[0], command[1:]...)
	if cmd.Start() == nil {
		go func() { _ = cmd.Wait() }()
	}
}
