package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"signet/cli/config"
	"signet/keys"
	"signet/provider"
	"signet/provider/account"
)

// declare writes the groups, people and clients of the configuration. What is already so is not written again; what the
// configuration no longer has becomes ordinary for people and groups, and is removed for clients.
func (n *node) declare(ctx context.Context) error {
	for _, g := range n.config.Groups {
		if err := n.accounts.DeclareGroup(ctx, account.Group{Name: g.Name, Description: g.Description}); err != nil {
			return fmt.Errorf("cli: group %s: %w", g.Name, err)
		}
	}
	for _, u := range n.config.Users {
		if err := n.declareUser(ctx, u); err != nil {
			return fmt.Errorf("cli: user %s: %w", u.Name, err)
		}
	}
	clients := make([]provider.Client, 0, len(n.config.Clients))
	for _, c := range n.config.Clients {
		client, err := n.declaredClient(c)
		if err != nil {
			return err
		}
		clients = append(clients, client)
	}
	return n.provider.DeclareClients(ctx, clients)
}

// declareUser keeps the hash of a password that still matches, so that a start writes nothing that is so already.
func (n *node) declareUser(ctx context.Context, u config.User) error {
	p := account.Person{
		Username: u.Name, Email: u.Email, EmailVerified: u.EmailVerified, Groups: u.Groups, Disabled: u.Disabled,
		Profile:  declaredProfile(u),
		Password: keys.Secret(u.PasswordHash.Reveal()),
	}
	if u.Password.IsSet() {
		hash, err := n.passwordHash(ctx, u)
		if err != nil {
			return err
		}
		p.Password = hash
	}
	_, err := n.accounts.DeclarePerson(ctx, p)
	return err
}

func declaredProfile(u config.User) account.Profile {
	return account.Profile{
		Name: u.FullName, GivenName: u.GivenName, FamilyName: u.FamilyName, MiddleName: u.MiddleName, Nickname: u.Nickname,
		ProfilePage: u.ProfilePage, Picture: u.Picture, Website: u.Website, Gender: u.Gender, Birthdate: u.Birthdate,
		Zoneinfo: u.Zoneinfo, Locale: u.Locale, PhoneNumber: u.PhoneNumber, PhoneVerified: u.PhoneVerified,
		Address: &account.Address{
			Formatted: u.Address, StreetAddress: u.StreetAddress, Locality: u.Locality, Region: u.Region, PostalCode: u.PostalCode,
			Country: u.Country,
		},
	}
}

func (n *node) passwordHash(ctx context.Context, u config.User) (keys.Secret, error) {
	known, err := n.accounts.FindPerson(ctx, u.Name)
	if err != nil && !errors.Is(err, account.ErrUnknownPerson) {
		return "", err
	}
	if err == nil {
		// Disabled is said only to the right password.
		if err := n.accounts.Confirm(ctx, known.Subject, u.Password.Reveal()); err == nil || errors.Is(err, account.ErrDisabled) {
			return known.Password, nil
		}
	}
	return n.accounts.HashPassword(ctx, u.Password.Reveal())
}

func (n *node) declaredClient(c config.Client) (provider.Client, error) {
	out := provider.Client{
		ID: c.ID, Name: c.Name, RedirectURIs: c.RedirectURIs, PostLogoutRedirectURIs: c.PostLogout,
		GrantTypes: c.GrantTypes, ResponseTypes: c.ResponseTypes, Scopes: c.Scopes, AuthMethod: c.AuthMethod, Groups: c.Groups,
		Audience: c.Audience, Resources: c.Resources,
		AccessToken: c.AccessToken, AccessTokenAlg: c.AccessAlg, IDTokenAlg: c.IDTokenAlg, FirstParty: c.Trusted,
		RotateRefresh: c.RotateRefresh != nil && *c.RotateRefresh, Declared: true,
	}
	if c.JWKS != "" {
		out.JWKS = json.RawMessage(c.JWKS)
	}
	if c.Secret.IsSet() {
		if err := n.provider.SetSecret(&out, keys.Secret(c.Secret.Reveal())); err != nil {
			return out, err
		}
	}
	return out, nil
}
