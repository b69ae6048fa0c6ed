package cli

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"signet/cli/authority"
	"signet/provider"
)

func (p *program) devTrustCommand() *cobra.Command {
	uninstall, show := false, false
	cmd := &cobra.Command{
		Use: "trust", Short: "Let this machine trust the certificates of signet dev --tls", Args: cobra.NoArgs,
		Long: "Installs the certificate authority of signet dev --tls into the system's store and the browsers', and tells what it did.\n" +
			"The authority is yours alone and can speak for nothing but localhost and the loopback addresses: its certificate says so.\n" +
			"What needs root is not done, but told, for you to do.",
		Example: "  signet dev trust\n  curl --cacert \"$(signet dev trust --print)\" https://localhost:8080/healthz\n" +
			"  NODE_EXTRA_CA_CERTS=$(signet dev trust --print) node app.js\n  signet dev trust --uninstall",
		RunE: func(*cobra.Command, []string) error {
			if uninstall && show {
				return usage("--uninstall and --print exclude each other")
			}
			return p.devTrust(uninstall, show)
		},
	}
	cmd.Flags().BoolVar(&uninstall, "uninstall", false, "take it out of the stores again")
	cmd.Flags().BoolVar(&show, "print", false, "change nothing; print the path of its certificate (PEM)")
	return cmd
}

// devAuthority is that of the user who runs this.
func devAuthority() (*authority.Authority, error) {
	dir, err := authority.DefaultDirectory()
	if err != nil {
		return nil, err
	}
	return authority.Open(dir, whoAndWhere(), time.Now)
}

// whoAndWhere tells authorities apart in a list of them, as ada@laptop.
func whoAndWhere() string {
	name, host := "somebody", "localhost"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	if h, err := os.Hostname(); err == nil {
		host = h
	}
	return name + "@" + host
}

func (p *program) devTrust(uninstall, show bool) error {
	if dir, err := authority.DefaultDirectory(); uninstall && err == nil && !authority.Exists(dir) {
		p.say("there is no authority in %s, so nothing trusts it", dir)
		return nil
	}
	if sudo := os.Getenv("SUDO_USER"); sudo != "" && os.Geteuid() == 0 {
		return usage("run it as %s: this would be the authority of root; what needs root is told", sudo)
	}
	a, err := devAuthority()
	switch {
	case err != nil:
		return err
	case show:
		_, err = fmt.Fprintln(p.out, a.Path())
		return err
	}
	m, err := thisMachine()
	if err != nil {
		return err
	}
	do := m.Install
	if uninstall {
		do = m.Uninstall
	}
	return p.tellTrust(a, do(a), uninstall)
}

// thisMachine is the one that the program runs on.
func thisMachine() (authority.Machine, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return authority.Machine{}, fmt.Errorf("cli: %w", err)
	}
	return authority.Machine{
		OS: runtime.GOOS, Home: home, LookPath: exec.LookPath,
		Run: func(command ...string) ([]byte, error) {
			cmd := exec.Command(command[0], command[1:]...)
			cmd.Stdin = os.Stdin // some ask for a password
			return cmd.CombinedOutput()
		},
	}, nil
}

// tellTrust says what was done to each store, and with what commands; and ends with a warning if something is left to do.
func (p *program) tellTrust(a *authority.Authority, outcomes []authority.Outcome, uninstall bool) error {
	if p.format == "json" {
		if err := p.printJSON(outcomes); err != nil {
			return err
		}
	}
	var left error
	for _, o := range outcomes {
		switch {
		case o.Why != "":
			left = errWarnings
			p.say("not done: %s: %s", o.Store, o.Why)
			p.commands("  do it with:  ", o.Todo)
		case len(o.Done) == 0:
			p.say("nothing to do: %s", o.Store)
		default:
			p.say("done: %s", o.Store)
			p.commands("  as by:  ", o.Done)
		}
	}
	if !uninstall {
		p.say("\nPrograms with lists of their own can be given the certificate:\n  curl --cacert %[1]s\n  NODE_EXTRA_CA_CERTS=%[1]s\n  SSL_CERT_FILE=%[1]s   (in place of all others)", provider.ShellWord(a.Path()))
	}
	return left
}

func (p *program) commands(before string, list [][]string) {
	for _, command := range list {
		words := make([]string, len(command))
		for i, w := range command {
			words[i] = provider.ShellWord(w)
		}
		p.say("%s%s", before, strings.Join(words, " "))
	}
}
