package playground

import (
	"bytes"
	"encoding/json"

	"signet/templates"
)

// claimsSamples are values of the parameter claims to begin with (OIDC Core §5.5), by the button that fills them in.
var claimsSamples = map[string]string{
	"claims-userinfo": `{"userinfo":{"email":{"essential":true},"email_verified":null,"name":null}}`,
	"claims-id-token": `{"id_token":{"email":{"essential":true},"name":null}}`,
	"claims-acr":      `{"id_token":{"acr":{"essential":true,"values":["1"]}}}`,
	"claims-beyond":   `{"id_token":{"acr":{"essential":true,"values":["urn:example:gold"]}}}`,
}

// claimsButtons are the samples in the order of the page.
var claimsButtons = []string{"claims-userinfo", "claims-id-token", "claims-acr", "claims-beyond"}

// setClaims fills a sample in.
func (q *request) setClaims(sample string) {
	q.params.Set("claims", sample)
}

// claimsForm offers the samples.
func (r *run) claimsForm() templates.Form {
	f := templates.Form{ID: "claims", Title: templates.Msg("playground.claims.title"), Intro: templates.Msg("playground.claims.why"), Action: r.path(stepRequest)}
	for _, name := range claimsButtons {
		f.Buttons = append(f.Buttons, templates.Button{Name: "do", Value: name, Text: templates.Msg("playground.claims." + name), Quiet: true})
	}
	return f
}

// claimsProblem says what is wrong with the parameter before the provider does.
func (q *request) claimsProblem() []templates.Block {
	text := q.params.Get("claims")
	var object map[string]json.RawMessage
	if text == "" || json.Unmarshal([]byte(text), &object) == nil {
		return nil
	}
	return []templates.Block{templates.Notice{State: templates.Warn, Text: templates.Msg("playground.claims.broken")}}
}

// compact takes the blanks out of JSON, so that addresses are short; anything else stays as it is.
func compact(text string) string {
	var b bytes.Buffer
	if json.Compact(&b, []byte(text)) != nil {
		return text
	}
	return b.String()
}

// indented writes JSON for people; anything else stays as it is.
func indented(text string) string {
	var b bytes.Buffer
	if json.Indent(&b, []byte(text), "", "  ") != nil {
		return text
	}
	return b.String()
}

// essentialACR are the classes of which a request demands one (OIDC Core §5.5.1.1).
func essentialACR(claims string) []string {
	var asked struct {
		IDToken struct {
			ACR struct {
				Essential bool     `json:"essential"`
				Value     string   `json:"value"`
				Values    []string `json:"values"`
			} `json:"acr"`
		} `json:"id_token"`
	}
	if json.Unmarshal([]byte(claims), &asked) != nil || !asked.IDToken.ACR.Essential {
		return nil
	}
	acr := asked.IDToken.ACR
	if acr.Value != "" {
		acr.Values = append(acr.Values, acr.Value)
	}
	return acr.Values
}
