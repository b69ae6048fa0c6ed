package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"signet/provider/audit"
	"signet/storage"
)

func (p *program) auditVerify() *cobra.Command {
	return &cobra.Command{
		Use: "verify", Short: "Find out whether records were removed, changed or put into another order", Args: cobra.NoArgs,
		Long: "Looks at every checkpoint and every record. It prints the newest checkpoints, whose hashes may be kept elsewhere: whoever has them can\n" +
			"tell later whether the whole end was cut off. It ends with 0 if all is well, 2 if records have no checkpoint yet, 65 if something is gone\n" +
			"or changed.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.operate(cmd.Context(), func(op *operator) error {
				report, err := p.verifyAudit(cmd.Context(), op)
				if err != nil {
					return err
				}
				return p.showReport(report)
			})
		},
	}
}

// Progress is shown so often, in seconds: in place at a terminal, a line each otherwise.
const (
	progressAtTerminal = time.Second / 2
	progressElsewhere  = 5 * time.Second
)

// verifyAudit has the trail verified and tells on standard error how far it is.
func (p *program) verifyAudit(ctx context.Context, op *operator) (report audit.Report, err error) {
	every, end := progressElsewhere, "\n"
	if terminal(p.err) {
		every, end = progressAtTerminal, "\r"
	}
	begun, shown := time.Now(), time.Now()
	err = op.lines(ctx, "/audit/verify", func(line []byte) error {
		report = audit.Report{}
		if err := json.Unmarshal(line, &report); err != nil {
			return err
		}
		if now := time.Now(); now.Sub(shown) >= every {
			shown = now
			rate := float64(report.Records) / max(now.Sub(begun).Seconds(), 0.001)
			fmt.Fprintf(p.err, "%d checkpoints, %d records, %.0f a second%s", report.Checkpoints, report.Records, rate, end)
		}
		return nil
	})
	if err == nil && !report.Done {
		err = fmt.Errorf("cli: server: the answer ends too early")
	}
	return report, err
}

func (p *program) showReport(r audit.Report) error {
	if p.format == "json" {
		if err := p.printJSON(r); err != nil {
			return err
		}
	}
	p.say("%d records under %d checkpoints", r.Records, r.Checkpoints)
	for _, h := range r.Heads {
		p.say("newest checkpoint of chain %s: number %d, SHA-256 %s", h.Chain, h.Number, h.Hash)
	}
	damage := 0
	for _, problem := range r.Problems {
		p.say("%s: %s", problem.What, problem.Where)
		if problem.Damage() {
			damage++
		}
	}
	switch {
	case damage > 0:
		return fmt.Errorf("%w: audit trail: %d problems found", storage.ErrDamaged, damage)
	case len(r.Problems) > 0:
		return errWarnings
	}
	p.say("nothing was removed or changed")
	return nil
}

func (p *program) auditExport() *cobra.Command {
	return &cobra.Command{
		Use: "export", Short: "Write all records and checkpoints as lines of JSON", Args: cobra.NoArgs,
		Long: "Writes each record as it is kept, then each checkpoint: a JWS (RFC 7515) of type " + audit.TypeCheckpoint + ", with the key that verifies it.\n" +
			"Its payload names the records that it covers, and \"hash\" is the SHA-256 over them: of each its ID, the length of its bytes in 64 bits, and\n" +
			"its bytes.",
		Example: "  signet audit export > audit.jsonl",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.operate(cmd.Context(), func(op *operator) error {
				return op.lines(cmd.Context(), "/audit/export", func(line []byte) error {
					_, err := fmt.Fprintf(p.out, "%s\n", line)
					return err
				})
			})
		},
	}
}
