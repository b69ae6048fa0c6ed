package provider

import (
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"

	"signet/keys"
	"signet/provider/patch"
)

// maxScopes bounds the scope of a registration.
const maxScopes = 100

// metadata is a registration as it came: a JSON object of client metadata (RFC 7591 §2).
type metadata map[string]json.RawMessage

func readMetadata(document []byte) (metadata, error) {
	if err := keys.CheckJSON(document); err != nil {
		return nil, refuse("E-REG-01").because(err)
	}
	var m metadata
	if err := json.Unmarshal(document, &m); err != nil || m == nil {
		return nil, refuse("E-REG-01").got("no JSON object")
	}
	maps.DeleteFunc(m, func(_ string, value json.RawMessage) bool { return patch.IsNull(value) }) // null is as if it were not there (RFC 7592 §2.2)
	return m, nil
}

// text is a member that must be a text; absent, it is empty.
func (m metadata) text(name string) (string, error) {
	var s string
	if value, ok := m[name]; ok && json.Unmarshal(value, &s) != nil {
		return "", badMetadata(name, "it must be a text")
	}
	return s, nil
}

// apply sets what the metadata say in a client's record. Members that are not a registrant's are passed over like unknown ones
// (RFC 7591 §2), and so are texts in other languages (§2.2): pages show what is said for all.
func (m metadata) apply(c *Client) error {
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if settable(name, SetByRegistrant) != nil {
			continue
		}
		if err := c.set(name, m[name], SetByRegistrant); err != nil {
			return badMetadata(name, err.Error())
		}
	}
	return nil
}

// scopes are those of the member scope that a registrant may have, or all that one may have if it says nothing. The server may
// give less than was asked for (RFC 7591 §2).
func (m metadata) scopes(allowed []string) ([]string, error) {
	text, err := m.text("scope")
	if err != nil {
		return nil, err
	}
	if _, said := m["scope"]; !said {
		return allowed, nil
	}
	asked := strings.Fields(text)
	if len(asked) > maxScopes {
		return nil, badMetadata("scope", "too many")
	}
	given := []string{}
	for _, s := range asked {
		if slices.Contains(allowed, s) && !slices.Contains(given, s) {
			given = append(given, s)
		}
	}
	return given, nil
}

// forget takes back all that a registrant may say: what an update leaves out is as if it had never been said (RFC 7592 §2.2).
func (c *Client) forget() {
	for _, row := range ClientMembers(SetByRegistrant) {
		field := reflect.ValueOf(c).Elem().FieldByIndex(clientFields[row.Name].Index)
		field.SetZero()
	}
}

// fillRegistered are the defaults of RFC 7591 §2 and OIDC Registration §2. A client that can authenticate and uses OpenID
// Connect may rely on its nonce in place of PKCE, and its assertions may be addressed to the endpoint, as OIDC Core has it.
func (c *Client) fillRegistered() {
	if c.AuthMethod == "" {
		c.AuthMethod = "client_secret_basic"
	}
	if c.GrantTypes == nil {
		c.GrantTypes = []string{"authorization_code"}
	}
	if c.ResponseTypes == nil && slices.Contains(c.GrantTypes, "authorization_code") {
		c.ResponseTypes = []string{"code"}
	}
	c.ApplicationType = orDefault(c.ApplicationType, "web")
	c.SubjectType = orDefault(c.SubjectType, "public")
	c.IDTokenAlg = orDefault(c.IDTokenAlg, defaultAlg)
	c.AssertionAudience = orDefault(c.AssertionAudience, "endpoint")
	c.PKCEOptional = !c.Public()
}

// strangerWithoutNonce tells whether a client that registered itself leaves out PKCE where nothing could take its place: a nonce
// belongs to OpenID Connect.
func (in *intent) strangerWithoutNonce() bool {
	return in.client.Registered && !slices.Contains(in.scopes, "openid")
}

// badMetadata refuses a member. The one who registers is told its name, which is one of ours, and no more.
func badMetadata(member, why string) *Error {
	e := refuse("E-REG-01").got("%s: %s", member, why)
	if member == "redirect_uris" {
		e = refuse("E-REDIR-03").got("%s", why)
	}
	e.Description += ": " + member
	return e
}

// asRegistration makes a refusal of what the check of a client's record found.
func asRegistration(err error) error {
	if !errors.Is(err, ErrClientInvalid) {
		return err
	}
	_, why, _ := strings.Cut(strings.TrimPrefix(err.Error(), ErrClientInvalid.Error()+": "), ": ")
	if strings.HasPrefix(why, "redirect URI") {
		return badMetadata("redirect_uris", why)
	}
	member := ""
	for _, row := range ClientMembers(SetByRegistrant) {
		if strings.HasPrefix(why, row.Name) && len(row.Name) > len(member) {
			member = row.Name
		}
	}
	if member == "" {
		return refuse("E-REG-01").got("%s", why)
	}
	return badMetadata(member, why)
}
