package playground

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"signet/templates"
)

// Every word that is composed at run time exists: a name in a table without its message would be a page that fails.
func TestWords_Exist(t *testing.T) {
	set, err := templates.New(templates.Options{})
	if err != nil {
		t.Fatal(err)
	}
	has := func(parts ...string) {
		t.Helper()
		if key := "playground." + strings.Join(parts, ""); !set.Languages()[0].Has(key) {
			t.Errorf("message %q does not exist", key)
		}
	}
	for area, names := range explained {
		for _, name := range names {
			has(area, ".", name)
		}
	}
	for _, f := range flows {
		has("flow.", f.name)
		has("token.intro-", f.grant)
		for _, s := range f.steps {
			has("step.", s.name)
			if s.show != nil {
				has("title.", s.name)
				has("next.", s.name)
			}
		}
	}
	for _, rule := range slices.Concat(idRules, jarmRules, logoutRules, userInfoRules) {
		has("check.", rule.claim, "-ok")
		has("check.", rule.claim, "-bad")
	}
	for _, u := range allUses {
		has("do.", u.name)
		has("did.", u.name)
	}
	for _, card := range cards {
		has("use.", card.name)
		has("use.", card.name, "-why")
		has("use.", card.name, "-not")
	}
	for _, kind := range []string{sendRight, sendAgain, sendWrongVerifier, sendWrongClient, sendWrongKey} {
		has("token.do-", kind)
		has("token.refused-", kind)
	}
	for _, name := range typeWords {
		has("type.", strings.ReplaceAll(name, " ", "-"))
	}
	for _, way := range ways {
		has("way.", way)
		has("way.go-", way)
	}
	for _, name := range modeWords {
		has("mode.", name)
		has("callback.by-", name)
	}
	for _, outcome := range slices.Concat(goodOutcomes, badOutcomes) {
		has("callback.", outcome)
	}
	for _, name := range claimsButtons {
		has("claims.", name)
	}
	has("title.", carries.name)
	has("title.", departs.name)
	for _, channel := range []string{channelFront, channelBack} {
		for _, said := range []string{"", "-good", "-bad"} {
			has("call.", channel, said)
		}
		has("call.none-", channel)
	}
	for _, do := range []string{doRegister, doRead, doUpdate, doDelete} {
		has("register.do-", do)
		has("register.did-", do)
	}
	for _, method := range []string{methodBasic, methodPost, methodKey, methodNone} {
		has("method.", method)
		has("method-why.", method)
	}
	for _, c := range []struct {
		name  string
		state templates.State
	}{{"state", templates.OK}, {"state", templates.Bad}, {"iss", templates.OK}, {"iss", templates.Bad}, {"iss", templates.Warn}} {
		has("compared.", c.name, "-", string(c.state))
	}
}

func TestQuote(t *testing.T) {
	for _, word := range []string{"", "a b", "it's", `"$HOME" \n`, "`id`", "!x", "a\nb", "''"} {
		out, err := exec.Command("sh", "-c", "printf %s "+quote(word)).Output()
		if err != nil || string(out) != word {
			t.Errorf("%q becomes %q, %v", word, out, err)
		}
	}
}

func TestMember_Text(t *testing.T) {
	for raw, want := range map[string]string{
		`{"a":"b"}`: "b", `{"a":["x","y"]}`: "x y", `{"a":true}`: "true", `{"a":{"b": 1}}`: `{"b": 1}`, `{"a":7}`: "7",
		`{"exp":1000000000}`: "1000000000 = 2001-09-09 01:46:40 UTC", `{"exp":"soon"}`: "soon", `{"exp":1e9}`: "1e9",
	} {
		all := members([]byte(raw))
		if len(all) != 1 || all[0].text() != want {
			t.Errorf("%s: %v, want %q", raw, all, want)
		}
	}
	for _, raw := range []string{"", "null", "[]", `"a"`, "{", `{"a"`, `{"a":1,`, `{"a":}`} {
		if all := members([]byte(raw)); all != nil {
			t.Errorf("%q has members: %v", raw, all)
		}
	}
}

func TestLocalPath(t *testing.T) {
	p := &Playground{origin: "https://id.example", base: "/tenant"}
	for address, want := range map[string]string{
		"https://id.example/tenant/docs/errors/E-GRANT-01": "/docs/errors/E-GRANT-01",
		"https://id.example/docs":                          "",
		"https://id.example/tenant//evil.example":          "",
		"https://id.example/tenant/../docs":                "",
		"https://id.example/tenant/a?b":                    "",
		"https://id.example/tenant":                        "",
		"https://id.example.evil/tenant/a":                 "",
		"javascript:alert(1)":                              "",
		"":                                                 "",
	} {
		if got := p.localPath(address); got != want {
			t.Errorf("%q: %q, want %q", address, got, want)
		}
	}
}

func FuzzMembers(f *testing.F) {
	f.Add([]byte(`{"a":[1,{"b":null}],"exp":5}`))
	f.Add([]byte("x.y.z"))
	f.Fuzz(func(_ *testing.T, raw []byte) {
		for _, m := range members(raw) {
			_ = m.text()
		}
		decode(string(raw))
	})
}
