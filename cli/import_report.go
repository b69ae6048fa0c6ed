package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"signet/cli/importing"
)

func (i *userImport) wrong(r importing.Record, why string) {
	i.sums.Invalid++
	i.mention(r, "cannot be added: "+why)
}

func (i *userImport) present(r importing.Record, why string) {
	i.sums.Present++
	i.mention(r, "left as it is: "+why)
}

func (i *userImport) mention(r importing.Record, what string) {
	what = strings.ReplaceAll(what, "account: ", "")
	i.said = append(i.said, importing.Note{Line: r.Line, Text: r.Who() + ": " + what})
}

// notesShown is how much of the report a terminal gets.
const notesShown = 20

// sumUp is the last phase. It returns what the exit code says: people who cannot be added are a failure, other things worth
// reading a warning.
func (i *userImport) sumUp(failed error) error {
	if err := i.tell(); err != nil {
		return err
	}
	if i.format == "json" {
		if err := json.NewEncoder(i.out).Encode(i.sums); err != nil {
			return err
		}
	} else {
		fmt.Fprintln(i.out, i.sums)
	}
	switch {
	case failed != nil:
		return nil
	case i.sums.Invalid > 0:
		return errSilent
	case len(i.said) > 0:
		return errWarnings
	}
	return nil
}

// String is the summary's line.
func (s importSums) String() string {
	text := fmt.Sprintf("%d people: %d added, %d there already, %d cannot be added; %d notes", s.Total, s.Added, s.Present, s.Invalid, s.Notes)
	if s.DryRun {
		return text + "; dry run, nothing was written"
	}
	if s.Invalid > 0 && s.Added == 0 {
		return text + "; nothing was written (mend the file, or leave them out with --skip-invalid)"
	}
	return text
}

func (i *userImport) tell() error {
	if i.report == "" {
		i.list(i.err, notesShown)
		return nil
	}
	f, err := os.OpenFile(i.report, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return usageError{err}
	}
	i.list(f, len(i.said))
	return f.Close()
}

func (i *userImport) list(w io.Writer, most int) {
	for _, n := range i.said[:min(most, len(i.said))] {
		if n.Line > 0 {
			fmt.Fprintf(w, "line %d: %s\n", n.Line, n.Text)
		} else {
			fmt.Fprintln(w, n.Text)
		}
	}
	if left := len(i.said) - most; left > 0 {
		fmt.Fprintf(w, "and %d more; --report FILE has all\n", left)
	}
}
