package cli

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/spf13/cobra"

	"signet/provider/logout"
)

func (p *program) clientDeliveries() *cobra.Command {
	return p.withID("deliveries ID", "Show what a client is still to be told of ended sessions, and what came of the last times", p.clientIDs,
		func(ctx context.Context, op *operator, id string) error {
			var s logout.State
			if err := op.call(ctx, http.MethodGet, "/clients/"+url.PathEscape(id)+"/deliveries", nil, &s); err != nil {
				return err
			}
			return p.showDeliveries(s)
		})
}

func (p *program) showDeliveries(s logout.State) error {
	if p.format == "json" {
		return p.printJSON(s)
	}
	waiting := strconv.Itoa(len(s.Waiting))
	if s.More {
		waiting = "more than " + waiting
	}
	facts := []fact{{"waiting", waiting}, {"last success", "none"}, {"last failure", "none"}}
	if o := s.LastSuccess; o != nil {
		facts[1].value = date(o.At)
	}
	if o := s.LastFailure; o != nil {
		facts[2].value = date(o.At) + " " + o.Problem
		if o.GivenUp {
			facts[2].value += ", given up after " + strconv.Itoa(o.Attempts) + " attempts"
		}
	}
	if err := p.facts(s, facts...); err != nil || len(s.Waiting) == 0 {
		return err
	}
	rows := make([][]string, len(s.Waiting))
	for i, d := range s.Waiting {
		rows[i] = []string{d.SID, date(d.Ended), strconv.Itoa(d.Attempts), date(d.Due), d.Problem}
	}
	p.say("")
	return p.table(s, []string{"sid", "ended", "attempts", "next", "problem"}, rows)
}
