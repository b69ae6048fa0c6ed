package cli

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"signet/handlers/dev"
)

func (p *program) devStatusCommand() *cobra.Command {
	output := ""
	cmd := &cobra.Command{
		Use: "status", Short: "Tell where the running development server is", Args: cobra.NoArgs,
		Example: "  eval \"$(signet dev status -o env)\"\n  signet dev status --data /tmp/signet-dev-123",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if output == "" {
				output = p.format
			}
			return p.devStatus(cmd.Context(), output)
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "text, env or json; without it, what --format says")
	return cmd
}

func (p *program) devStatus(ctx context.Context, output string) error {
	if output != "text" && output != "env" && output != "json" {
		return usage("-o %q, allowed text, env, json", output)
	}
	data := p.devDirectory()
	if !devRuns(data) {
		return fmt.Errorf("cli: no development server runs on %s; one with --memory tells its own directory, for --data", data)
	}
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socketPath(data))
	}
	s, err := dev.AskStatus(ctx, &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DialContext: dial}})
	switch {
	case err != nil:
		return err
	case output == "json":
		return p.printJSON(s)
	case output == "env":
		return s.WriteEnv(p.out)
	}
	return s.WriteBlock(p.out)
}

func (p *program) devDirectory() string {
	if p.dataDir != "" {
		return p.dataDir
	}
	return devData
}

func (p *program) devResetCommand() *cobra.Command {
	return &cobra.Command{
		Use: "reset", Short: "Remove the data of development servers from this directory", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			data := p.devDirectory()
			if devRuns(data) {
				return fmt.Errorf("cli: a development server runs on %s; stop it first", data)
			}
			removed, err := dev.RemoveDirectory(data)
			switch {
			case err != nil:
				return err
			case removed:
				p.say("removed %s", data)
			default:
				p.say("there is no %s", data)
			}
			return nil
		},
	}
}
