package provider

import (
	"context"
	"encoding/hex"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"signet/provider/account"
	"signet/provider/upstream"
)

// textClaims are the claims of an identity that are texts, by name.
func textClaims(id *upstream.Identity) map[string]string {
	out := map[string]string{}
	for name, v := range id.Claims {
		if text, ok := v.(string); ok && name != "username" && name != "email" {
			out[name] = text
		}
	}
	return out
}

// takeClaims writes claims into a profile, those that it has a place for and that fit: what another provider says never keeps anybody out.
func takeClaims(p *account.Person, claims map[string]string) {
	for name, value := range claims {
		p.Take(name, value)
	}
}

// freshClaims are what a sign-in brings up to date: claims that the source refreshes, where the profile still has what came from there,
// or nothing.
func freshClaims(p *account.Person, s *upstream.Source, id *upstream.Identity, taken map[string]string) map[string]string {
	now, out := textClaims(id), map[string]string{}
	for _, name := range s.RefreshProfile {
		value, said := now[name]
		mine := p.Text(name)
		if said && value != mine && (mine == "" || mine == taken[name]) {
			out[name] = value
		}
	}
	return out
}

// takenFrom are the values that came from a source, for the next time.
func takenFrom(s *upstream.Source, id *upstream.Identity, before map[string]string) map[string]string {
	out := maps.Clone(before)
	if out == nil {
		out = map[string]string{}
	}
	for name, value := range textClaims(id) {
		if before == nil || slices.Contains(s.RefreshProfile, name) {
			out[name] = value
		}
	}
	return out
}

// maxNameTries is how many usernames are tried before a random one.
const maxNameTries = 20

// freeUsername is step 6: a username that is free, of what the provider calls the person. It may be empty, if there is an address.
func (p *Provider) freeUsername(ctx context.Context, s *upstream.Source, id *upstream.Identity) string {
	for _, wish := range usernameWishes(id) {
		name, err := account.CanonicalUsername(wish)
		if err != nil {
			continue
		}
		for n := 1; n <= maxNameTries; n++ {
			candidate := name
			if n > 1 {
				candidate = name + strconv.Itoa(n)
			}
			if free, err := p.accounts.UsernameFree(ctx, candidate); err == nil && free {
				return candidate
			}
		}
	}
	if id.EmailVerified {
		return ""
	}
	random, err := p.randomID()
	if err != nil {
		return s.ID
	}
	return s.ID + "-" + hex.EncodeToString([]byte(random))[:8]
}

// usernameWishes are what could become a username, the best first.
func usernameWishes(id *upstream.Identity) []string {
	var wishes []string
	for _, name := range []string{"username", "preferred_username", "nickname"} {
		if text, ok := id.Claims[name].(string); ok {
			wishes = append(wishes, plainName(text))
		}
	}
	local, _, _ := strings.Cut(id.Email, "@")
	wishes = append(wishes, plainName(local))
	if name, ok := id.Claims["name"].(string); ok {
		wishes = append(wishes, plainName(name))
	}
	return slices.DeleteFunc(wishes, func(s string) bool { return s == "" })
}

// plainName makes a username's characters of a name's: spaces become dots, an address loses its domain.
func plainName(s string) string {
	s, _, _ = strings.Cut(s, "@")
	return strings.Trim(cutRunes(strings.Join(strings.Fields(s), "."), 40), ".-+_")
}

// cutRunes is the beginning of a text.
func cutRunes(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most])
}
