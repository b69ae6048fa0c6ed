package e2e_test

import (
	"encoding/json"
	"testing"

	"signet/e2e"
)

const attributesFile = `
[[attribute]]
name = "badge"
label = { en = "Badge", de = "Ausweis" }
hint = "As it stands on your badge."
pattern = "E-[0-9]+"
edit = "once"
ask = true
scope = "profile"

[[attribute]]
name = "team"
label = "Team"
type = "enum"
choices = ["red", "blue"]
edit = "person"
ask = true
scope = "profile"
claim = "https://example.test/team"

[[attribute]]
name = "since"
label = "With us since"
type = "date"
edit = "person"
`

// Whoever has not said what everybody is asked for says it on the way to an application, which then knows it.
func TestBrowserAttributes(t *testing.T) {
	provider := e2e.Configured(t, attributesFile)
	browser := launch(t)
	b, a := person(t, browser), run(t, provider, "details")
	b.begin(a)
	b.password(a, "form#details")
	b.look("details")
	b.fill("#attribute-badge", "1815")
	b.choose("#attribute-team", "blue")
	b.click("#save", "#problem")
	b.look("details-wrong")
	if got := b.focused(); got != "problem" {
		t.Errorf("the focus is on %q, want the problem", got)
	}
	b.choose("#attribute-badge", "E-1815")
	b.click("#save", atConsent)
	b.click("#allow", signedIn)
	var info map[string]any
	if err := json.Unmarshal([]byte(b.text("#userinfo")), &info); err != nil || info["badge"] != "E-1815" || info["https://example.test/team"] != "blue" {
		t.Errorf("the application knows %v (%v)", info, err)
	}

	b.open(provider.Issuer+"/account/profile", "form#profile")
	b.look("profile-with-attributes")
	b.choose("#attribute-since", "2026-01-31")
	b.choose("#attribute-team", "red")
	b.click("#save", "#notice")
	b.click("a[href$='/account']", "#self-menu")
	b.open(provider.Issuer+"/account/profile", "form#profile")
	if got := get[string](b, "document.querySelector('#attribute-team').value + document.querySelector('#attribute-since').value"); got != "red2026-01-31" {
		t.Errorf("the profile has %q", got)
	}
	if !get[bool](b, "document.querySelector('#attribute-badge').readOnly") {
		t.Error("what is said once can be typed again")
	}
}
