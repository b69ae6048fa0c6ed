package cli

import (
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"

	"signet/cli/config"
)

func (p *program) databaseCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "db", Short: "The stored data"}
	cmd.AddCommand(&cobra.Command{
		Use: "migrate", Short: "Bring the data to this program's schema; serve does it too", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := p.load()
			if err != nil {
				return err
			}
			log := newLog(config.Log{Level: "info", Format: "text"}, p.err, &slog.LevelVar{})
			n, err := openNode(cmd.Context(), cfg, log, parts{migrate: true})
			if err != nil {
				return err
			}
			n.close()
			fmt.Fprintln(p.out, "the data have this program's schema")
			return nil
		},
	})
	return cmd
}
