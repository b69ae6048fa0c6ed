package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"signet/templates"
)

func (p *program) templatesCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "templates", Short: "Pages, mails and words, for replacing them with your own"}
	cmd.AddCommand(p.templatesList(), p.templatesExport(), p.templatesCheck())
	return cmd
}

func (p *program) templatesList() *cobra.Command {
	return &cobra.Command{Use: "list", Short: "List the files that can be replaced", Args: cobra.NoArgs, RunE: func(*cobra.Command, []string) error {
		files, err := templates.Export()
		if err != nil {
			return err
		}
		names := slices.Sorted(maps.Keys(files))
		rows := make([][]string, len(names))
		for i, name := range names {
			rows[i] = []string{name}
		}
		return p.table(names, []string{"file"}, rows)
	}}
}

func (p *program) templatesExport() *cobra.Command {
	return &cobra.Command{
		Use: "export DIR [FILE...]", Short: "Write built-in files into a directory, to begin with; nothing there is overwritten", Args: cobra.MinimumNArgs(1),
		Long:    "Writes the built-in files, or those that are named, into a directory for templates.directory. Keep those that you change and remove the\nothers: what is not in the directory comes from the program, and is new with every version of it.",
		Example: "  signet templates export /etc/signet/look html/login.html messages/en.toml",
		RunE: func(_ *cobra.Command, args []string) error {
			files, err := templates.Export()
			if err != nil {
				return err
			}
			names := args[1:]
			if len(names) == 0 {
				names = slices.Sorted(maps.Keys(files))
			}
			for _, name := range names {
				if _, ok := files[name]; !ok {
					return usage("there is no file %q; signet templates list tells all", name)
				}
			}
			for _, name := range names {
				if err := p.exportFile(args[0], name, files[name]); err != nil {
					return err
				}
			}
			p.say("use it with templates.directory = %q, and look first with: signet templates check %s", args[0], args[0])
			return nil
		},
	}
}

// exportFile writes a file that is not there.
func (p *program) exportFile(dir, name string, content []byte) error {
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("cli: templates: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		p.say("  kept   %s", path)
		return nil
	}
	if err != nil {
		return fmt.Errorf("cli: templates: %w", err)
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("cli: templates: %w", err)
	}
	p.say("  wrote  %s", path)
	return nil
}

func (p *program) templatesCheck() *cobra.Command {
	return &cobra.Command{
		Use: "check [DIR]", Short: "Render every page and mail with the files of a directory, by default templates.directory", Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			cfg, err := p.load()
			if err != nil {
				return err
			}
			if len(args) == 1 {
				cfg.Templates.Directory = args[0]
			}
			set, err := openPages(cfg)
			if err != nil {
				return err
			}
			p.say("every page can be shown, in %d languages", len(set.Languages()))
			return nil
		},
	}
}
