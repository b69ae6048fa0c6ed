package playground

import "signet/templates"

// showSignOut leads to where the session at the provider is ended. The ID token as a hint (OIDC RP-Initiated Logout §2) would
// be a token in an address: the provider asks the person instead.
func showSignOut(p *Playground, r *run) view {
	v := view{intro: templates.Msg("playground.sign-out.intro")}
	path := p.localPath(r.meta.EndSession)
	if path == "" {
		path = "/logout"
		v.add(templates.Notice{State: templates.Warn, Text: templates.Msg("playground.sign-out.unnamed")})
	}
	v.add(templates.Notice{
		Text: templates.Msg("playground.sign-out.why"), Link: templates.Link{Path: path, Text: templates.Msg("playground.sign-out.go")},
	})
	v.next = templates.Link{Path: Path, Text: templates.Msg("playground.lost.again")}
	return v
}
