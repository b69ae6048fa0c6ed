package mutation

// fault is a small change of the program, and the package whose tests must fail with it.
type fault struct {
	name, file string
	// find stands exactly once in the file; put takes its place.
	find, put string
	tests     string
}

var faults = []fault{
	{"a code is good for every client", "provider/redeem.go", "code.ClientID != c.client.ID", "false", "./provider"},
	{"and turned into or", "provider/clientauth.go", "hmac.Equal(sum, s.Hash) && (s.Expires == 0", "hmac.Equal(sum, s.Hash) || (s.Expires == 0", "./provider"},
	{"a code never expires", "provider/redeem.go", "code.Expires <= c.now.Unix()", "false", "./provider"},
	{"a failed verifier leaves the code", "provider/redeem.go", "p.spent.Spend(&c.refusal, code.ID, code.Expires)", "", "./provider"},
	{"spent is ignored", "storage/marker.go", "b.If = append(b.If, Condition{Key: m.Key(id, expires)})", "", "./storage"},
	{"the answer comes before the commit", "provider/token.go", "err := p.db.Apply(ctx, c.batch)", "go p.db.Apply(context.WithoutCancel(ctx), c.batch)\n\tvar err error", "./provider"},
	{"the refusal is not written", "provider/token.go", "err := p.db.Apply(ctx, c.refusal)", "var err error", "./provider"},
	{"PKCE is optional for everybody", "provider/intent.go", "return c.Public() || !c.PKCEOptional && !p.pkceOptional", "return c.Public()", "./provider"},
	{"a retired secret still works", "provider/clientauth.go", "s.Expires == 0 || s.Expires > now", "s.Expires == 0 || s.Expires > now-1<<30", "./provider"},
	{"any authentication method will do", "provider/clientauth.go", "cached.client.AuthMethod != method.Name", "false", "./provider"},
	{"two mechanisms at once", "provider/clientauth.go", "n > 1 ||", "n > 2 ||", "./provider"},
	{"an assertion is good twice", "provider/clientassertion.go", "p.spent.Spend(&c.batch, id, int64(*claims.Exp))", "", "./provider"},
	{"an assertion for somebody else", "provider/clientassertion.go", "case client.AssertionAudience != \"endpoint\" && !p.isIssuer(c.Aud):", "case false:", "./provider"},
	{"the client's epoch is ignored", "provider/live.go", "return client.Epoch == m.ClientEpoch, nil", "return client.Epoch != 0, nil", "./provider"},
	{"the person's epoch is ignored", "provider/live.go", "person.Disabled || person.Epoch != m.PersonEpoch", "false", "./provider"},
	{"an access token never expires", "provider/live.go", "t, ok := p.openAccess(ctx, text)\n\tif !ok || t.Expires <= now {", "t, ok := p.openAccess(ctx, text)\n\tif !ok {", "./provider"},
	{"revocation of an access token is ignored", "provider/live.go", "l.marked || t.GrantID", "t.GrantID", "./provider"},
	{"revocation of a grant is ignored", "provider/live.go", "t.GrantID != \"\" && !l.grant || ", "", "./provider"},
	{"the end of the session is ignored", "provider/redeem.go", "return l.client && l.person && l.session", "return l.client && l.person", "./provider"},
	{"a refresh token is good for every client", "provider/grant_refresh.go", "!ok || t.ClientID != c.client.ID", "!ok || t.ClientID == \"\"", "./provider"},
	{"an old generation is good", "provider/grant_refresh.go", "c.refresh.Generation+1 == g.Generation && ", "", "./provider"},
	{"the grace never ends", "provider/grant_refresh.go", "c.now.Unix() <= g.Moved+grace", "true", "./provider"},
	{"reuse of a refresh token is forgiven", "provider/grant_refresh.go", "c.refusal.Then = append(c.refusal.Then, dropGrant(t.GrantID, t.GrantExpires))", "", "./provider"},
	{"scope grows at refresh", "provider/grant_refresh.go", "if !slices.Contains(m.Scopes, s) {", "if false {", "./provider"},
	{"a hint for another person is ignored", "provider/decide.go", "return q.hintSubject != \"\" && q.hintSubject != q.person.Subject", "return false", "./provider"},
	{"consent to less is consent to all", "provider/decide.go", "return !q.known || !containsAll(q.granted, q.asked)", "return !q.known", "./provider"},
	{"another person's proof will do", "provider/request.go", "p.Step == step && p.Subject == subject", "p.Step == step", "./provider"},
	{"a request opens in every browser", "provider/request.go", "append(slices.Clone(p.binding), b.Binding...)", "slices.Clone(p.binding)", "./provider"},
	{"a pushed request is good twice", "provider/origin.go", "if err := p.spendPushed(&c.batch, r); err != nil {", "if err := p.spendPushed(&storage.Batch{}, r); err != nil {", "./provider"},
	{"a pushed request is good for every client", "provider/pushed.go", "case r.pushed.Value.ClientID != clientID:", "case false:", "./provider"},
	{"a pushed request never ends", "provider/pushed.go", "case r.pushed.Value.ComeBy <= p.db.Now().Unix():", "case false:", "./provider"},
	{"pushing is not demanded", "provider/origin.go", "case in.client.RequirePAR && !in.origin.Pushed:", "case false:", "./provider"},
	{"signing is not demanded", "provider/origin.go", "case in.client.RequireSignedRequestObject && !in.origin.Signed:", "case false:", "./provider"},
	{"a request object for somebody else", "provider/requestobject.go", "case !p.isAddressee(c.Aud):", "case false:", "./provider"},
	{"a request object is good twice", "provider/origin.go", "p.spent.Spend(&c.batch, r.Origin.ID, r.Origin.Expires)", "", "./provider"},
	{"every address is fetched", "provider/requesturi.go", "if !client.hasRequestURI(address) {", "if false {", "./provider"},
	{"any client may introspect", "provider/introspect.go", "if t.ClientID != asker.ID && !slices", "if false && !slices", "./provider"},
	{"any path on loopback will do", "provider/redirect.go", "return ok && want == got", "return ok && want.host == got.host", "./provider"},
	{"the nonce is optional", "provider/idtoken.go", "setIf(claims, \"nonce\", m.Nonce)", "", "./provider"},
	{"at_hash of nothing", "provider/idtoken.go", "return base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2])", "return base64.RawURLEncoding.EncodeToString(sum[:len(sum)/4])", "./provider"},
	{"an access token in the URL", "provider/bearer.go", "if r.URL.Query().Has(\"access_token\") {", "if false {", "./provider"},
	{"associated data without the version", "storage/table.go", "b = binary.BigEndian.AppendUint64(b, version)", "", "./storage"},
	{"associated data without the expiry", "storage/table.go", "b = binary.BigEndian.AppendUint64(b, uint64(k.Expires))", "", "./storage"},
	{"an unknown critical header is accepted", "keys/token.go", "if h.Critical != nil {", "if false {", "./keys"},
	{"the clock can be set back", "storage/bolt/apply.go", "now := max(p.now, t.high)", "now := p.now", "./storage/bolt"},
	{"the session of a disabled person", "provider/account/sessions.go", "case p.Epoch != session.PersonEpoch, now", "case now", "./provider/account"},
	{"sessions are never idle", "provider/account/sessions.go", "case now >= session.LastSeen+s.idle:", "case false:", "./provider/account"},
	{"a form without its token", "handlers/endpoint.go", "if err == nil && !genuine {", "if err == nil && !genuine && r.Method == \"\" {", "./handlers"},
	{"one of two cookies counts", "handlers/cookies.go", "len(found) != 1 ||", "len(found) == 0 ||", "./handlers"},
	{"every Host header is answered", "handlers/hosts.go", "return h[host] || h[strings.ToLower(host)]", "return h[host] || strings.ToLower(host) != \"\"", "./handlers"},
}
