package upstream

import (
	"context"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"net"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-ldap/ldap/v3"

	"signet/keys"
)

// LDAP is a directory that checks a name and a password (RFC 4511). There is no trip: the person types them here.
const LDAP = "ldap"

// Directory is what a source of LDAP has in place of a client and addresses.
type Directory struct {
	// Server is ldaps://host or ldap://host; the latter goes on with StartTLS, or not at all.
	Server string
	// UserDN is the distinguished name of a person, with {login} for what they type. Without it they are searched for.
	UserDN string
	// BindDN and BindPassword are who searches; empty is nobody.
	BindDN       string
	BindPassword keys.Secret
	// BaseDN is where people are, Filter which of them it is, with {login}.
	BaseDN, Filter string
}

const (
	loginPlace = "{login}"
	// maxLogin and maxDirectoryPassword are in bytes.
	maxLogin             = 256
	maxDirectoryPassword = 1024
)

// Authenticate asks a directory whether name and password are somebody's, and who that is. Who calls it has limited how often that may
// be tried; found, which may be nil, is asked before the password of the entry of a distinguished name is tried: however a name may be
// spelled, it is of one entry. What it returns is returned as it is; the errors besides are ErrSource, ErrNoRule, ErrLogin, ErrDown,
// ErrAnswer, ErrDomain.
func (u *Upstreams) Authenticate(ctx context.Context, source, login string, password keys.Secret, found func(dn string) error) (*Identity, error) {
	s, err := u.Source(source)
	if err != nil {
		return nil, err
	}
	if s.Protocol != LDAP {
		return nil, s.wrong(ErrNoRule, errors.New("it takes no passwords"))
	}
	// A bind without a password succeeds for everybody, as nobody (RFC 4513 §5.1.2).
	if login == "" || password == "" || len(login) > maxLogin || len(password) > maxDirectoryPassword || !utf8.ValidString(login) || strings.ContainsRune(login, 0) {
		return nil, s.wrong(ErrLogin, nil)
	}
	ctx, cancel := context.WithTimeout(ctx, u.timeout)
	defer cancel()
	var profile map[string]any
	var barred error
	bind := func(c *ldap.Conn, dn string) error {
		if found != nil {
			if barred = found(dn); barred != nil {
				return barred
			}
		}
		return s.bindAs(c, dn, password)
	}
	err = u.directory(ctx, s, func(c *ldap.Conn) (err error) {
		profile, err = s.authenticate(c, login, password, bind)
		return err
	})
	if barred != nil {
		return nil, barred
	}
	if err != nil {
		return nil, s.fetched(err)
	}
	return s.identify(s.directoryIssuer(), profile, Tokens{})
}

// directoryIssuer is the directory itself, whichever of its servers answers.
func (s *Source) directoryIssuer() string {
	switch {
	case s.Issuer != "":
		return s.Issuer
	case s.Directory.BaseDN != "":
		return "ldap:" + s.Directory.BaseDN
	}
	return "ldap:" + s.Directory.UserDN
}

// directory opens a connection under TLS and hands it on.
func (u *Upstreams) directory(ctx context.Context, s *Source, use func(*ldap.Conn) error) error {
	server, err := url.Parse(s.Directory.Server)
	if err != nil {
		return s.wrong(ErrAnswer, err)
	}
	port := server.Port()
	if port == "" {
		port = map[string]string{"ldaps": "636", "ldap": "389"}[server.Scheme]
	}
	return u.outbound.Connect(ctx, u.breaker, server.Hostname(), port, func(conn net.Conn, speak *tls.Config) error {
		if server.Scheme == "ldaps" {
			secured := tls.Client(conn, speak)
			if err := secured.HandshakeContext(ctx); err != nil {
				return s.wrong(ErrDown, err)
			}
			conn = secured
		}
		c := ldap.NewConn(conn, server.Scheme == "ldaps")
		c.Start()
		defer c.Close()
		if server.Scheme == "ldap" {
			if err := c.StartTLS(speak); err != nil {
				return s.wrong(ErrDown, err)
			}
		}
		return use(c)
	})
}

// authenticate binds as the person and reads their entry.
func (s *Source) authenticate(c *ldap.Conn, login string, password keys.Secret, bind func(*ldap.Conn, string) error) (map[string]any, error) {
	if s.Directory.UserDN != "" {
		dn := strings.ReplaceAll(s.Directory.UserDN, loginPlace, ldap.EscapeDN(login))
		if err := bind(c, dn); err != nil {
			return nil, err
		}
		return s.entry(c, ldap.NewSearchRequest(dn, ldap.ScopeBaseObject, ldap.NeverDerefAliases, 1, 0, false, "(objectClass=*)", s.attributes(), nil))
	}
	if s.Directory.BindDN != "" {
		if err := c.Bind(s.Directory.BindDN, s.Directory.BindPassword.Reveal()); err != nil {
			return nil, s.directoryError(err)
		}
	}
	filter := strings.ReplaceAll(s.Directory.Filter, loginPlace, ldap.EscapeFilter(login))
	profile, err := s.entry(c, ldap.NewSearchRequest(s.Directory.BaseDN, ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, 2, 0, false, filter, s.attributes(), nil))
	if errors.Is(err, ErrLogin) {
		// Who does not exist takes as long as who does.
		_ = c.Bind("cn=signet-nobody,"+s.Directory.BaseDN, password.Reveal())
		return nil, err
	}
	if err != nil {
		return nil, err
	}
	dn, _ := profile["dn"].(string)
	return profile, bind(c, dn)
}

// bindAs shows that somebody knows their password. Whatever the directory has against them is not told apart.
func (s *Source) bindAs(c *ldap.Conn, dn string, password keys.Secret) error {
	if dn == "" {
		return s.wrong(ErrLogin, nil)
	}
	err := c.Bind(dn, password.Reveal())
	if err == nil {
		return nil
	}
	for _, code := range []uint16{ldap.LDAPResultInvalidCredentials, ldap.LDAPResultNoSuchObject, ldap.LDAPResultInvalidDNSyntax, ldap.LDAPResultInsufficientAccessRights, ldap.LDAPResultUnwillingToPerform, ldap.LDAPResultConstraintViolation, ldap.LDAPResultInappropriateAuthentication} {
		if ldap.IsErrorWithCode(err, code) {
			return s.wrong(ErrLogin, nil)
		}
	}
	return s.directoryError(err)
}

// directoryError tells a directory that is down from one that refuses.
func (s *Source) directoryError(err error) error {
	for _, code := range []uint16{ldap.ErrorNetwork, ldap.LDAPResultBusy, ldap.LDAPResultUnavailable, ldap.LDAPResultTimeLimitExceeded} {
		if ldap.IsErrorWithCode(err, code) {
			return s.wrong(ErrDown, err)
		}
	}
	return s.wrong(ErrAnswer, err)
}

// entry reads the one entry that a search finds. None, and more than one, is nobody.
func (s *Source) entry(c *ldap.Conn, search *ldap.SearchRequest) (map[string]any, error) {
	found, err := c.Search(search)
	if ldap.IsErrorWithCode(err, ldap.LDAPResultNoSuchObject) || ldap.IsErrorWithCode(err, ldap.LDAPResultSizeLimitExceeded) {
		return nil, s.wrong(ErrLogin, nil)
	}
	if err != nil {
		return nil, s.directoryError(err)
	}
	if len(found.Entries) != 1 {
		return nil, s.wrong(ErrLogin, nil)
	}
	profile := map[string]any{"dn": found.Entries[0].DN}
	for _, name := range s.attributes() {
		if v := valueOf(found.Entries[0].GetEqualFoldRawAttributeValues(name)); v != nil {
			profile[name] = v
		}
	}
	if list, ok := profile[s.EmailPath].([]any); ok {
		profile[s.EmailPath] = list[0]
	}
	return profile, nil
}

// valueOf is a text, or a list where there are several. What is no text, such as Active Directory's objectGUID, is in hexadecimal.
func valueOf(raw [][]byte) any {
	values := make([]any, 0, len(raw))
	for _, v := range raw {
		if text := string(v); utf8.ValidString(text) && !strings.ContainsRune(text, 0) {
			values = append(values, text)
		} else {
			values = append(values, hex.EncodeToString(v))
		}
	}
	switch len(values) {
	case 0:
		return nil
	case 1:
		return values[0]
	}
	return values
}

// attributes are those that the source's paths begin with.
func (s *Source) attributes() []string {
	var names []string
	add := func(text string) {
		if p, err := parsePath(text); err == nil && p[0] != "dn" && !slices.Contains(names, p[0]) {
			names = append(names, p[0])
		}
	}
	add(s.SubjectPath)
	add(s.EmailPath)
	for _, from := range s.Claims {
		add(from)
	}
	slices.Sort(names)
	return names
}

// checkDirectory judges the fields of LDAP.
func (s *Source) checkDirectory(wrong func(field, got, allowed, fix string)) {
	d := s.Directory
	server, err := url.Parse(d.Server)
	if err != nil || server.Host == "" || server.Scheme != "ldaps" && server.Scheme != "ldap" || server.User != nil || server.Path != "" {
		wrong("server", "got "+cut(d.Server), "ldaps://host or, with StartTLS, ldap://host", `write server = "ldaps://ldap.example.com"`)
	}
	if d.UserDN != "" {
		if _, err := ldap.ParseDN(strings.ReplaceAll(d.UserDN, loginPlace, "x")); err != nil || !strings.Contains(d.UserDN, loginPlace) {
			wrong("user_dn", "got "+cut(d.UserDN), "a distinguished name with {login}", `write user_dn = "uid={login},ou=people,dc=example,dc=com"`)
		}
		return
	}
	if _, err := ldap.ParseDN(d.BaseDN); err != nil || d.BaseDN == "" {
		wrong("base_dn", "got "+cut(d.BaseDN), "a distinguished name", `write base_dn = "ou=people,dc=example,dc=com", or user_dn`)
	}
	if _, err := ldap.CompileFilter(strings.ReplaceAll(d.Filter, loginPlace, "x")); err != nil || !strings.Contains(d.Filter, loginPlace) {
		wrong("filter", "got "+cut(d.Filter), "a filter with {login}", `write filter = "(uid={login})"`)
	}
	if (d.BindDN == "") != (d.BindPassword == "") {
		wrong("bind_dn", "is without bind_password, or the other way round", "both or neither", `write bind_password = { file = "/path/of/the/password" }`)
	}
}
