package upstream

import (
	"context"
	"encoding/json"

	"signet/keys"
)

// addEmail puts into a profile the address that the provider's list has as primary, and whether the list has it as verified. What the
// profile itself says of an address is what the person wants to be seen, and counts for nothing.
func (u *Upstreams) addEmail(ctx context.Context, s *Source, access keys.Secret, profile map[string]any) error {
	delete(profile, "email")
	delete(profile, "email_verified")
	r, err := get(ctx, s.EmailsEndpoint, access)
	if err != nil {
		return s.wrong(ErrAnswer, err)
	}
	body, err := u.send(s, r)
	if err != nil {
		return err
	}
	var list []struct {
		Email    string `json:"email"`
		Primary  bool   `json:"primary"`
		Verified bool   `json:"verified"`
	}
	if err := json.Unmarshal(body, &list); err != nil {
		return s.wrong(ErrAnswer, err)
	}
	for _, one := range list {
		if one.Primary {
			profile["email"], profile["email_verified"] = one.Email, one.Verified
			return nil
		}
	}
	return nil
}
