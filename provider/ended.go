package provider

import (
	"context"
	"net/url"

	"signet/provider/account"
	"signet/provider/audit"
	"signet/storage"
)

// Ended is what is left to do in the browser when a session has ended.
type Ended struct {
	// Told are the clients that took part in the session and are told of its end.
	Told []*Client
	// Frames are the addresses to load in frames of a page, so that the clients forget the browser
	// (OIDC Front-Channel Logout §2).
	Frames []string
}

// maxFrames bounds Ended.Frames: a browser that loads hundreds of pages at once shows none.
const maxFrames = 30

// Participants are the clients that will be told when the browser's session ends.
func (p *Provider) Participants(ctx context.Context, b Browser) ([]*Client, error) {
	if b.Session == nil {
		return nil, nil
	}
	return p.participants(ctx, b.Session.SID)
}

// End ends the browser's session. When it returns, that is on disk, and so is that clients are to be told. Without a session there
// is nothing to do.
func (p *Provider) End(ctx context.Context, b Browser) (Ended, error) {
	if b.Session == nil {
		return Ended{}, nil
	}
	clients, err := p.participants(ctx, b.Session.SID)
	if err != nil {
		return Ended{}, p.refused(ctx, nil, err)
	}
	out := Ended{Told: clients}
	for _, client := range clients {
		if client.FrontchannelLogoutURI != "" && len(out.Frames) < maxFrames {
			out.Frames = append(out.Frames, p.frame(client, b.Session))
		}
	}
	var batch storage.Batch
	if err := p.accounts.Sessions.End(&batch, b.Session); err != nil {
		return Ended{}, p.refused(ctx, nil, err)
	}
	if err := p.trail.Record(ctx, &batch, audit.Event{Kind: "sign-out", Subject: b.Session.Subject, Facts: map[string]string{"sid": b.Session.SID}}); err != nil {
		return Ended{}, p.refused(ctx, nil, err)
	}
	if err := p.db.Apply(ctx, batch); err != nil {
		return Ended{}, p.refused(ctx, nil, err)
	}
	return out, nil
}

// frame is a client's address with the issuer and the session, if the client wants to know them.
func (p *Provider) frame(client *Client, session *account.Session) string {
	if !client.FrontchannelLogoutSession {
		return client.FrontchannelLogoutURI
	}
	a := Answer{RedirectURI: client.FrontchannelLogoutURI, Mode: "query", Params: url.Values{"iss": {p.issuer}, "sid": {p.sidFor(client, session.SID)}}}
	return a.URL()
}
