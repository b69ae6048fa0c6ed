package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"signet/cli/config"
	"signet/keys"
	"signet/provider"
	"signet/provider/account"
	"signet/provider/audit"
)

// declare writes the groups, people and clients of the configuration. What is already so is not written again; what the
// configuration no longer has becomes ordinary for people and groups, and is removed for clients.
func (n *node) declare(ctx context.Context) error {
	ctx = audit.WithOrigin(ctx, audit.Origin{Actor: audit.System})
	for _, g := range config.ParentsFirst(n.config.Groups) {
		if err := n.accounts.DeclareGroup(ctx, account.Group{Name: g.Name, Description: g.Description, Parents: g.Parents}); err != nil {
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
		Profile: declaredProfile(u), Attributes: declaredValues(u),
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
	out, err := declaredRecord(c)
	if err == nil && c.Secret.IsSet() {
		err = n.provider.SetSecret(&out, keys.Secret(c.Secret.Reveal()))
	}
	return out, err
}

// declaredRecord is a declared client without its secret.
func declaredRecord(c config.Client) (provider.Client, error) {
	out := provider.Client{ID: c.ID, Declared: true}
	document, err := json.Marshal(c.Metadata())
	if err == nil {
		err = out.Patch(document, provider.SetByOperator)
	}
	return out, err
}

// checkClients holds declared clients to the rules of all clients, so that a configuration that is called good can be declared.
func checkClients(cfg *config.Config) (problems []config.Problem) {
	for i, c := range cfg.Clients {
		record, err := declaredRecord(c)
		if c.Secret.IsSet() {
			record.Secrets = []provider.ClientSecret{{Sealed: make([]byte, keys.Overhead+len(c.Secret.Reveal()))}} // as long as the real one
		}
		if err == nil {
			err = record.Check()
		}
		if err != nil {
			why := strings.TrimPrefix(strings.TrimPrefix(err.Error(), provider.ErrClientInvalid.Error()+": "), c.ID+": ")
			problems = append(problems, config.Problem{Key: fmt.Sprintf("client[%d]", i+1), Got: why, Fix: "signet config explain client tells what each setting is for"})
		}
	}
	return problems
}
