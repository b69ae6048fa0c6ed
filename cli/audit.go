package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"signet/cli/config"
	"signet/handlers/api"
	"signet/provider/audit"
)

func (p *program) auditCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "audit", Short: "What happened to people, clients and keys, and proof that nothing of it was taken away"}
	cmd.AddCommand(p.auditTail(), p.auditSearch(), p.auditVerify(), p.auditExport(), p.auditKinds())
	return cmd
}

// auditFilter is what records are chosen by.
type auditFilter struct{ user, client, kind, since, until string }

func (f *auditFilter) flags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.user, "user", "", "records about this person: username, e-mail address or subject (the subject alone of a person who was removed)")
	flags.StringVar(&f.client, "client", "", "records about this client")
	flags.StringVar(&f.kind, "kind", "", "records of this kind; signet audit kinds lists them")
}

// query turns the filter into a query. Times are as of now.
func (f *auditFilter) query(ctx context.Context, op *operator, now time.Time) (url.Values, error) {
	q := url.Values{}
	for name, value := range map[string]string{"client_id": f.client, "kind": f.kind} {
		if value != "" {
			q.Set(name, value)
		}
	}
	for name, value := range map[string]string{"since": f.since, "until": f.until} {
		if value == "" {
			continue
		}
		at, err := timeArgument(value, now)
		if err != nil {
			return nil, err
		}
		q.Set(name, at.UTC().Format(time.RFC3339Nano))
	}
	if f.user == "" {
		return q, nil
	}
	var person struct {
		Subject string `json:"sub"`
	}
	if err := op.call(ctx, http.MethodGet, "/users/"+url.PathEscape(f.user), nil, &person); err != nil || person.Subject == "" {
		person.Subject = f.user // one who was removed
	}
	q.Set("sub", person.Subject)
	return q, nil
}

// timeArgument reads a time, a day, or how long ago something was.
func timeArgument(text string, now time.Time) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	if ago, ok := config.ParseDuration(text); ok {
		return now.Add(-ago), nil
	}
	return time.Time{}, usage("time %q, allowed 2026-01-31, 2026-01-31T12:00:00Z, or how long ago: 24h, 30d", text)
}

// auditRecords calls do with each record that a query finds.
func (o *operator) auditRecords(ctx context.Context, q url.Values, do func(api.AuditRecord) error) error {
	return o.lines(ctx, "/audit?"+q.Encode(), func(line []byte) error {
		var r api.AuditRecord
		if err := json.Unmarshal(line, &r); err != nil {
			return err
		}
		return do(r)
	})
}

// showRecord prints a record in a line.
func (p *program) showRecord(r api.AuditRecord) error {
	if p.format == "json" {
		return json.NewEncoder(p.out).Encode(r)
	}
	words := []string{r.Time.UTC().Format(time.RFC3339), fmt.Sprintf("%-7s", r.Severity), fmt.Sprintf("%-18s", r.Kind)}
	for _, f := range []fact{{"sub", r.Subject}, {"client", r.ClientID}, {"by", r.Actor}, {"from", r.Address}} {
		if f.value != "" {
			words = append(words, f.name+"="+f.value)
		}
	}
	if r.Count > 0 {
		words = append(words, "count="+strconv.Itoa(r.Count))
	}
	for _, name := range slices.Sorted(maps.Keys(r.Facts)) {
		words = append(words, name+"="+strconv.Quote(r.Facts[name]))
	}
	_, err := fmt.Fprintln(p.out, strings.Join(words, " "))
	return err
}

func (p *program) auditSearch() *cobra.Command {
	cmd := &cobra.Command{
		Use: "search", Short: "Find records, the oldest first", Args: cobra.NoArgs,
		Example: "  signet audit search --user ada --since 30d\n  signet audit search --kind sign-in.failed --since 2026-01-31 --until 2026-02-01",
	}
	f := &auditFilter{}
	f.flags(cmd)
	cmd.Flags().StringVar(&f.since, "since", "7d", "from then on: a day, a time, or how long ago")
	cmd.Flags().StringVar(&f.until, "until", "", "before then")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return p.operate(cmd.Context(), func(op *operator) error {
			q, err := f.query(cmd.Context(), op, time.Now())
			if err != nil {
				return err
			}
			return op.auditRecords(cmd.Context(), q, p.showRecord)
		})
	}
	return cmd
}

// followEvery is how often tail --follow looks, followBack how far back: a record may come a moment after a later one.
const (
	followEvery = time.Second
	followBack  = 15 * time.Second
)

func (p *program) auditTail() *cobra.Command {
	cmd := &cobra.Command{Use: "tail", Short: "Show the newest records", Args: cobra.NoArgs,
		Long: "Shows the newest records of the last 30 days. Failures that are counted appear when their minute is over."}
	f := &auditFilter{since: "30d"}
	f.flags(cmd)
	last := cmd.Flags().IntP("lines", "n", 20, "how many")
	follow := cmd.Flags().BoolP("follow", "f", false, "go on showing what comes, until Ctrl-C")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return p.operate(cmd.Context(), func(op *operator) error {
			q, err := f.query(cmd.Context(), op, time.Now())
			if err != nil {
				return err
			}
			seen := map[string]time.Time{}
			show := func(r api.AuditRecord) error {
				if _, ok := seen[r.ID]; ok {
					return nil
				}
				seen[r.ID] = r.Time
				return p.showRecord(r)
			}
			q.Set("last", strconv.Itoa(*last))
			if err := op.auditRecords(cmd.Context(), q, show); err != nil || !*follow {
				return err
			}
			return p.follow(cmd.Context(), op, q, seen, show)
		})
	}
	return cmd
}

// follow shows what comes until the context ends. Counted failures have the time of their minute, so it looks back further than that.
func (p *program) follow(ctx context.Context, op *operator, q url.Values, seen map[string]time.Time, show func(api.AuditRecord) error) error {
	const back = followBack + 2*time.Minute
	q.Set("last", "1000")
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(followEvery):
		}
		since := time.Now().Add(-back)
		q.Set("since", since.UTC().Format(time.RFC3339Nano))
		if err := op.auditRecords(ctx, q, show); err != nil && ctx.Err() == nil {
			return err
		}
		maps.DeleteFunc(seen, func(_ string, at time.Time) bool { return at.Before(since) })
	}
}

func (p *program) auditKinds() *cobra.Command {
	return &cobra.Command{Use: "kinds", Short: "List what is recorded", Args: cobra.NoArgs, RunE: func(*cobra.Command, []string) error {
		kinds := audit.Kinds()
		rows := make([][]string, len(kinds))
		for i, k := range kinds {
			rows[i] = []string{k.Name, string(k.Severity), k.What}
		}
		return p.table(kinds, []string{"kind", "severity", "what"}, rows)
	}}
}
