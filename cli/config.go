package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"signet/cli/config"
)

func (p *program) configCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "config", Short: "The configuration: check it, show it, explain it"}
	cmd.AddCommand(p.configCheck(), p.configShow(), p.configExplain())
	return cmd
}

func (p *program) configCheck() *cobra.Command {
	return &cobra.Command{Use: "check", Short: "Name every mistake of the configuration", Args: cobra.NoArgs, RunE: func(*cobra.Command, []string) error {
		cfg, err := p.load()
		if err != nil {
			return err
		}
		if _, err := openPages(cfg); err != nil {
			return err
		}
		if _, _, err := openDocuments(cfg); err != nil {
			return err
		}
		p.say("the configuration is good")
		return nil
	}}
}

func (p *program) configShow() *cobra.Command {
	sources := false
	cmd := &cobra.Command{Use: "show", Short: "Show what is in force, secrets hidden", Args: cobra.NoArgs, RunE: func(*cobra.Command, []string) error {
		cfg, err := p.load()
		if err != nil {
			return err
		}
		text, err := cfg.Show(map[string]string{"text": "text", "json": "json"}[p.format], sources)
		if err == nil {
			_, err = fmt.Fprint(p.out, text)
		}
		return err
	}}
	cmd.Flags().BoolVar(&sources, "sources", false, "tell where each value comes from")
	return cmd
}

func (p *program) configExplain() *cobra.Command {
	return &cobra.Command{
		Use: "explain [KEY]", Short: "Explain a setting or section: meaning, default, environment variable", Args: cobra.MaximumNArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return config.Keys(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				_, err := fmt.Fprint(p.out, config.Markdown())
				return err
			}
			entries, err := config.Explain(args[0])
			if err != nil {
				return usageError{err}
			}
			if p.format == "json" {
				return p.printJSON(entries)
			}
			for i, e := range entries {
				if i > 0 {
					fmt.Fprintln(p.out)
				}
				fmt.Fprintln(p.out, e)
			}
			return nil
		},
	}
}
