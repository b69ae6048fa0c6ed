package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"signet/cli/importing"
	"signet/handlers/api"
	"signet/provider/account"
)

func (p *program) importCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "import", Short: "Bring over what another program kept"}
	cmd.AddCommand(p.importUsers())
	return cmd
}

func (p *program) importUsers() *cobra.Command {
	i := &userImport{program: p}
	cmd := &cobra.Command{
		Use: "users FILE", Short: "Add people from CSV, JSON or a Django dump, with their passwords", Args: cobra.ExactArgs(1),
		Long: "Adds the people of a file; - is standard input. First everything is checked and nothing is written; then it is written, fifty\n" +
			"people at a time. Who is there already is left as they are, so that the command can be given again after an interruption.",
		Example: "  signet import users people.csv --dry-run\n  manage.py dumpdata auth.user auth.group account.emailaddress socialaccount | signet import users -",
	}
	flags := cmd.Flags()
	flags.StringVar(&i.read.Format, "from", "", "format: "+strings.Join(importing.Formats, ", ")+"; none: as the file looks")
	flags.StringVar(&i.read.UserModel, "user-model", "", "Django's model of people, such as shop.customer; none: each with a password and a last login")
	flags.BoolVar(&i.dry, "dry-run", false, "only check")
	flags.BoolVar(&i.skip, "skip-invalid", false, "add the others, if some cannot be added")
	flags.IntVar(&i.resume, "resume-at", 0, "begin with the person in this line, as an interrupted import says")
	flags.StringVar(&i.report, "report", "", "file for everything that is to say, line by line; none: the first 20 go to standard error")
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return i.run(cmd.Context(), args[0]) }
	return cmd
}

// userImport is one import: check everything, write, sum up.
type userImport struct {
	*program
	read      importing.Options
	dry, skip bool
	resume    int
	report    string

	name string
	file *importing.File
	said []importing.Note
	sums importSums
}

// importSums is what an import did, as --format json prints it at the end.
type importSums struct {
	Event   string `json:"event"`
	DryRun  bool   `json:"dry_run"`
	Total   int    `json:"total"`
	Added   int    `json:"added"`
	Present int    `json:"present"`
	Invalid int    `json:"invalid"`
	Notes   int    `json:"notes"`
}

func (i *userImport) run(ctx context.Context, name string) error {
	if f := i.read.Format; f != "" && !slices.Contains(importing.Formats, f) {
		return usage("--from %q, allowed %s", f, strings.Join(importing.Formats, ", "))
	}
	i.name = name
	data, err := i.contents(name)
	if err != nil {
		return err
	}
	if i.file, err = importing.Read(name, data, i.read); err != nil {
		return err
	}
	i.said = i.file.Notes
	i.sums = importSums{Event: "summary", DryRun: i.dry, Total: len(i.file.Records), Notes: len(i.file.Notes)}
	return i.operate(ctx, func(op *operator) error {
		good, err := i.check(ctx, op)
		if err == nil && !i.dry && (i.skip || i.sums.Invalid == 0) {
			err = i.write(ctx, op, good)
		}
		return errors.Join(err, i.sumUp(err))
	})
}

// importLimit is in bytes.
var importLimit int64 = importing.MaxFile

func (i *userImport) contents(name string) ([]byte, error) {
	from := i.in
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, usageError{err}
		}
		defer file.Close()
		from = file
	}
	data, err := io.ReadAll(io.LimitReader(from, importLimit+1))
	if err == nil && int64(len(data)) > importLimit {
		err = fmt.Errorf("%w: larger than %s; import it in parts", importing.ErrFile, size(importLimit))
	}
	return data, err
}

// check is the first phase: it returns those who can be added.
func (i *userImport) check(ctx context.Context, op *operator) ([]importing.Record, error) {
	var candidates []importing.Record
	for _, r := range i.file.Records {
		if r.Wrong != "" {
			i.wrong(r, r.Wrong)
		} else if r.Line >= i.resume {
			candidates = append(candidates, r)
		}
	}
	var good []importing.Record
	err := i.pages(ctx, op, "checked", candidates, true, func(r importing.Record, result api.ImportResult) {
		switch result.Code {
		case "":
			good = append(good, r)
		case "taken":
			i.present(r, result.Message)
		default:
			i.wrong(r, result.Message)
		}
	})
	return good, err
}

// write is the second phase. Between the two somebody else may have taken a name: that is told, and goes on.
func (i *userImport) write(ctx context.Context, op *operator, good []importing.Record) error {
	for _, name := range i.file.Groups {
		err := op.call(ctx, http.MethodPost, "/groups", api.NewGroup{Name: name}, nil)
		var refusal *api.Error
		if err != nil && !(errors.As(err, &refusal) && refusal.Code == "taken") {
			return fmt.Errorf("group %q: %w", name, err)
		}
	}
	return i.pages(ctx, op, "added", good, false, func(r importing.Record, result api.ImportResult) {
		switch result.Code {
		case "":
			i.sums.Added++
		case "taken":
			i.present(r, result.Message)
		default:
			i.wrong(r, result.Message)
		}
	})
}

// pages sends people a page at a time. An interruption comes between two pages, and says how to go on.
func (i *userImport) pages(ctx context.Context, op *operator, verb string, records []importing.Record, dry bool, each func(importing.Record, api.ImportResult)) error {
	bar := i.progress(verb, len(records))
	defer bar.end()
	for from := 0; from < len(records); from += account.MaxArrivals {
		page := records[from:min(from+account.MaxArrivals, len(records))]
		if ctx.Err() != nil {
			return i.interrupted(page[0], dry)
		}
		in := api.Import{DryRun: dry}
		if dry {
			in.Groups = i.file.Groups
		}
		for _, r := range page {
			in.Users = append(in.Users, r.Members)
		}
		var out api.Imported
		if err := op.call(context.WithoutCancel(ctx), http.MethodPost, "/users/import", in, &out); err != nil {
			return fmt.Errorf("from line %d: %w", page[0].Line, err)
		}
		if len(out.Results) != len(page) {
			return fmt.Errorf("cli: import: the server answers for %d of %d people", len(out.Results), len(page))
		}
		for n, result := range out.Results {
			each(page[n], result)
		}
		bar.move(from + len(page))
	}
	return nil
}

func (i *userImport) interrupted(next importing.Record, dry bool) error {
	if dry {
		return errors.New("cli: interrupted; nothing was written")
	}
	return fmt.Errorf("cli: interrupted; run: signet import users %s --resume-at %d", i.name, next.Line)
}
