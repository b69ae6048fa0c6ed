package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version is set by the linker for releases.
var version = "0.1.0-dev"

func versionText() string { return version }

func (p *program) versionCommand() *cobra.Command {
	deps := false
	cmd := &cobra.Command{
		Use: "version", Short: "Tell the version", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			info, _ := debug.ReadBuildInfo()
			if p.format == "json" {
				return p.printJSON(map[string]any{"version": version, "go": runtime.Version(), "os": runtime.GOOS, "arch": runtime.GOARCH})
			}
			fmt.Fprintf(p.out, "signet %s %s %s/%s\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
			if deps && info != nil {
				for _, m := range info.Deps {
					fmt.Fprintf(p.out, "  %s %s\n", m.Path, m.Version)
				}
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&deps, "deps", false, "list the modules inside")
	return cmd
}
