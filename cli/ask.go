package cli

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"signet/handlers/api"
	"signet/provider/account"
)

// confirm asks a person at a terminal. Where there is none, the answer is no.
func (p *program) confirm(question string) bool {
	if !terminal(p.in) {
		return false
	}
	fmt.Fprintf(p.err, "%s [y/N] ", question)
	line, err := bufio.NewReader(p.in).ReadString('\n')
	return err == nil && strings.EqualFold(strings.TrimSpace(line), "y")
}

// changesAsked tells whether a flag of the command itself was given.
func changesAsked(cmd *cobra.Command) (asked bool) {
	cmd.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) { asked = asked || f.Changed })
	return asked
}

func terminal(in any) bool {
	f, ok := in.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// readSecret reads a file, or standard input for "-", without the line's end.
func readSecret(path string) (string, error) {
	f := os.Stdin
	if path != "-" {
		var err error
		if f, err = os.Open(path); err != nil {
			return "", usageError{err}
		}
		defer f.Close()
	}
	text, err := io.ReadAll(io.LimitReader(f, 1<<20))
	return strings.TrimRight(string(text), "\r\n"), err
}

// completion offers values for an argument in the shell.
type completion = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective)

func (p *program) clientIDs(cmd *cobra.Command, _ []string, prefix string) ([]string, cobra.ShellCompDirective) {
	return complete(p, cmd, prefix, "/clients", func(c api.Client) string { return c.ID })
}

func (p *program) userNames(cmd *cobra.Command, _ []string, prefix string) ([]string, cobra.ShellCompDirective) {
	return complete(p, cmd, prefix, "/users", func(u account.Person) string { return u.Username })
}

func (p *program) groupNames(cmd *cobra.Command, _ []string, prefix string) ([]string, cobra.ShellCompDirective) {
	return complete(p, cmd, prefix, "/groups", func(g account.Group) string { return g.Name })
}

// complete asks for at most one page: a shell's completion must be quick.
func complete[T any](p *program, cmd *cobra.Command, prefix, path string, name func(T) string) ([]string, cobra.ShellCompDirective) {
	var found []string
	err := p.operate(cmd.Context(), func(op *operator) error {
		var page struct {
			Items []T `json:"items"`
		}
		err := op.call(cmd.Context(), http.MethodGet, path+"?limit=200", nil, &page)
		for _, item := range page.Items {
			if n := name(item); strings.HasPrefix(n, prefix) {
				found = append(found, n)
			}
		}
		return err
	})
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	return found, cobra.ShellCompDirectiveNoFileComp
}
