package playground

import (
	"net/url"
	"strings"

	"signet/templates"
)

// maxAddress is how long an address may be, in bytes, before the request goes by POST (OIDC Core §3.1.2.1): many servers and
// proxies refuse longer ones.
const maxAddress = 6 << 10

// carries is the page with the form that the browser posts to the provider. It is beside the sequence.
var carries = step{stepCarry, requested, never, showCarry, nil}

// byPost tells whether the browser posts the request: if it is too long for an address, or holds a token, which has no place
// in one.
func (p *Playground) byPost(r *run) bool {
	address, err := p.address(r)
	return err == nil && (len(address) > maxAddress || p.query(r).Has("id_token_hint"))
}

// outgoing shows what the browser will be sent to the provider with.
func (p *Playground) outgoing(r *run) ([]templates.Block, error) {
	if err := p.object(r); err != nil {
		return nil, err
	}
	if r.request.pushes() {
		return []templates.Block{r.goForm()}, nil
	}
	address, err := p.address(r)
	if err != nil {
		return nil, err
	}
	blocks := []templates.Block{templates.Message{ID: "url", Title: templates.Msg("playground.request.url"), Raw: address}}
	if p.byPost(r) {
		blocks[0] = templates.Message{ID: "url", Title: templates.Msg("playground.request.form"), Raw: posted(r.meta.Authorization, p.query(r))}
	}
	blocks = append(blocks, r.goForm())
	if o := r.request.object; o != nil {
		blocks = append(blocks, o.block())
	}
	if !p.byPost(r) {
		blocks = append(blocks, templates.Message{ID: "curl", Title: templates.Msg("playground.wire.curl"), Raw: p.curlTo(address), Folded: true})
	}
	return blocks, nil
}

// posted is what a browser sends for a form, in short.
func posted(address string, form url.Values) string {
	u, err := url.Parse(address)
	if err != nil {
		return form.Encode()
	}
	return "POST " + u.RequestURI() + " HTTP/1.1\r\nHost: " + u.Host + "\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n" +
		strings.ReplaceAll(form.Encode(), "&", "\n&")
}

func showCarry(p *Playground, r *run) view {
	return p.carry(r.meta.Authorization, p.query(r), templates.Msg("playground.carry.intro"))
}

// carry is a page with a form that leads to the provider, and nowhere else.
func (p *Playground) carry(address string, form url.Values, intro templates.Text) view {
	v := view{intro: intro, leads: true}
	path := p.localPath(address)
	if path == "" {
		v.add(templates.Notice{State: templates.Bad, Text: templates.Msg("playground.carry.elsewhere")})
		return v
	}
	f := templates.Form{
		ID: stepCarry, Title: templates.Msg("playground.carry.title"), Intro: templates.Msg("playground.carry.why"), Action: path,
		Buttons: []templates.Button{{Text: templates.Msg("playground.carry.go")}},
	}
	for _, name := range sortedNames("param", form) {
		for _, value := range form[name] {
			f.Hidden = append(f.Hidden, templates.Field{Name: name, Value: value})
		}
	}
	v.add(templates.Message{ID: "url", Title: templates.Msg("playground.request.form"), Raw: posted(address, form)}, f)
	return v
}
