package cli

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"signet/cli/config"
)

func (p *program) initCommand() *cobra.Command {
	issuer, dir := "", "/etc/signet"
	cmd := &cobra.Command{
		Use: "init --issuer URL", Short: "Prepare a provider: configuration, master key, database, signing keys",
		Example: "  signet init --issuer https://id.example.com --data /var/lib/signet",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if issuer == "" {
				return usage("--issuer is missing: the address under which everybody will reach the provider, such as https://id.example.com")
			}
			return p.initialise(cmd, issuer, dir)
		},
	}
	cmd.Flags().StringVar(&issuer, "issuer", "", "the address under which everybody will reach the provider; chosen once")
	cmd.Flags().StringVar(&dir, "dir", dir, "directory of the configuration file")
	return cmd
}

// initialise never overwrites: what is there stays, and is told.
func (p *program) initialise(cmd *cobra.Command, issuer, dir string) error {
	data := p.dataDir
	if data == "" {
		data = "/var/lib/signet"
	}
	path := filepath.Join(dir, "signet.toml")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("cli: init: %w", err)
	}
	if err := writeNew(path, starterConfig(issuer, data)); err != nil {
		return err
	}
	p.configFile, p.dataDir = path, ""
	cfg, err := p.load()
	if err != nil {
		return errors.Join(err, os.Remove(path))
	}
	n, err := openNode(cmd.Context(), cfg, newLog(config.Log{Level: "warn"}, p.err, &slog.LevelVar{}), parts{migrate: true})
	if err != nil {
		return err
	}
	defer n.close()
	infos, err := n.ring.List(cmd.Context())
	if err != nil {
		return err
	}
	p.say("  wrote    %s   every other setting has a default: signet config explain", path)
	p.say("  created  %s", databasePath(cfg))
	p.say("  created  %s   back it up apart from the data: without it they cannot be read", filepath.Join(data, "master.key"))
	for _, k := range infos {
		p.say("  key      %s %s", k.Algorithm, k.KeyID)
	}
	p.say("  next     signet --config %s user add NAME --email ADDRESS --password-file -", path)
	p.say("           signet --config %s serve", path)
	return nil
}

func starterConfig(issuer, data string) string {
	return fmt.Sprintf("# signet config explain KEY tells what a setting does.\nissuer = %q\n\n[server]\nlisten = \"127.0.0.1:8080\"   # behind a proxy that speaks TLS; or tls = \"files\"\n\n[storage]\ndata_dir = %q\n", issuer, data)
}

func writeNew(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("cli: init: %s is there already and was left as it is", path)
	}
	if err != nil {
		return fmt.Errorf("cli: init: %w", err)
	}
	if _, err := f.WriteString(text); err != nil {
		return errors.Join(err, f.Close())
	}
	return errors.Join(f.Sync(), f.Close())
}
