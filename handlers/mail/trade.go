package mail

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"signet/provider/account"
	"signet/provider/courier"
	"signet/storage"
	"signet/templates"
)

// trade is how letters are sent.
type trade struct{ *Outbox }

// State implements courier.Trade.
func (trade) State(l *letter) *courier.State { return &l.State }

// Name implements courier.Trade.
func (trade) Name(l *letter) slog.Attr { return slog.String("mail", l.ID) }

// Address implements courier.Trade. All letters go to one mail server, but those to nobody.
func (trade) Address(_ context.Context, l *letter) (to, host string, err error) {
	if l.Kind == account.LetterNone {
		return "", "", nil
	}
	return l.To, "", nil
}

// Settled implements courier.Trade: a letter that is gone is no record any more.
func (trade) Settled(*storage.Batch, *letter, courier.Outcome) error { return nil }

// Send implements courier.Trade.
func (t trade) Send(ctx context.Context, _ string, l *letter) error { return t.send(ctx, l) }

// send gives a letter its words and hands it to the carrier. A letter that nobody can write is given up at once.
func (o *Outbox) send(ctx context.Context, l *letter) error {
	to, _, err := account.CanonicalEmail(l.To)
	if err == nil && to != l.To {
		err = fmt.Errorf("mail: an address in another form than the one that is stored")
	}
	if err != nil {
		return &courier.Refusal{Problem: err.Error(), Tries: 1}
	}
	written, err := o.write(l)
	if err != nil {
		return &courier.Refusal{Problem: err.Error(), Tries: 1}
	}
	return o.c.Carrier.Carry(ctx, Mail{Written: written, ID: l.ID + "@" + o.host, Kind: l.Kind, To: l.To, Date: o.c.DB.Now()})
}

// numbers are the facts that choose a plural form.
var numbers = []string{"minutes", "days"}

// words are the facts that are said as they are.
var words = []string{"email", "until"}

// write gives a letter its words.
func (o *Outbox) write(l *letter) (templates.Written, error) {
	out := templates.Letter{Product: o.c.Product, Home: o.c.Issuer, Kind: l.Kind, Name: l.Name, Code: l.Facts["code"], Address: l.Facts["address"]}
	if path := l.Facts["path"]; path != "" {
		out.Link = o.c.Issuer + path
	}
	if at := l.Facts["time"]; at != "" {
		when, err := time.Parse(time.RFC3339, at)
		if err != nil {
			return templates.Written{}, fmt.Errorf("mail: time: %w", err)
		}
		out.Time = when
	}
	for _, name := range numbers {
		if n, err := strconv.Atoi(l.Facts[name]); err == nil {
			out.Args = append(out.Args, name, n, "n", n)
		}
	}
	for _, name := range words {
		if word := l.Facts[name]; word != "" {
			out.Args = append(out.Args, name, word)
		}
	}
	if factor := l.Facts["factor"]; factor != "" {
		out.Args = append(out.Args, "factor", factorName(factor))
	}
	return o.c.Pages.Write(out, l.Language)
}

func factorName(kind string) templates.Text {
	switch kind {
	case "totp", "passkey", "recovery":
		return templates.Msg("mail.factor." + kind)
	}
	return templates.Msg("mail.factor.other")
}
