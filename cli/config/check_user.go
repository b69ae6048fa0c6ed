package config

import (
	"errors"
	"net/mail"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"signet/provider/account/oldhash"
)

func (l *loader) checkUsers() {
	names, emails := map[string]string{}, map[string]string{}
	for i := range l.config.Users {
		u := &l.config.Users[i]
		at := element("user", i+1)
		l.checkID(at+".name", u.Name, isUserName(u.Name), "1 to 64 characters without spaces", strings.ToLower(u.Name), names)
		if u.Email != "" {
			l.checkID(at+".email", u.Email, isEmail(u.Email), "an e-mail address", strings.ToLower(u.Email), emails)
		}
		if u.EmailVerified && u.Email == "" {
			l.wrong(at+".email_verified", Problem{Got: "is true without an email", Fix: "write the address, or remove it"}, at+".email")
		}
		l.checkRepeats(at, reflect.ValueOf(u).Elem(), "user")
		l.checkPassword(at, u)
	}
}

func (l *loader) checkPassword(at string, u *User) {
	password, hash := u.Password, u.PasswordHash
	switch {
	case password.IsSet() && hash.IsSet():
		l.wrong(at+".password", Problem{Got: "is set beside password_hash", Allowed: "one of the two", Fix: "remove the password"}, at+".password_hash")
	case password.IsSet() && len([]rune(password.Reveal())) < 8:
		l.wrong(at+".password", Problem{Got: "is too short", Allowed: "at least 8 characters", Fix: "choose a longer one"})
	case hash.IsSet():
		l.checkHash(at, hash.Reveal())
	}
}

func (l *loader) checkHash(at, hash string) {
	switch _, err := oldhash.Parse(hash); {
	case errors.Is(err, oldhash.ErrCost):
		l.wrong(at+".password_hash", Problem{Got: "asks for too much work", Allowed: "about a second and 128 MiB", Fix: "let the person set a new password"})
	case err != nil:
		l.wrong(at+".password_hash", Problem{Got: "is not in a known format", Allowed: "argon2, bcrypt, PBKDF2, scrypt or salted SHA", Fix: "write the clear password as password, or let the person set one"})
	}
}

func isUserName(s string) bool { return isLine(s, 64) && !strings.ContainsFunc(s, unicode.IsSpace) }

func isEmail(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && len(s) <= 254
}

func (l *loader) checkGroups() {
	seen := map[string]string{}
	for i, g := range l.config.Groups {
		l.checkID(element("group", i+1)+".name", g.Name, isLine(g.Name, 64), "1 to 64 characters on one line", g.Name, seen)
	}
	l.checkParents()
}

// checkParents refuses declared groups that lie within each other in a circle.
func (l *loader) checkParents() {
	placed := map[string]bool{}
	for _, g := range ParentsFirst(l.config.Groups) {
		placed[strings.ToLower(g.Name)] = true
	}
	for i, g := range l.config.Groups {
		if !placed[strings.ToLower(g.Name)] {
			l.wrong(element("group", i+1)+".parents", Problem{Got: "got " + shorten(strings.Join(g.Parents, ", ")) + ", which is a circle, or lies in one", Allowed: "groups that are not within this one", Fix: "remove one of the parents"})
		}
	}
}

// ParentsFirst brings groups into an order in which parents come before the groups within them. Groups in a circle, and those
// within them, are left out.
func ParentsFirst(groups []Group) []Group {
	declared, placed := map[string]bool{}, map[string]bool{}
	for _, g := range groups {
		declared[strings.ToLower(g.Name)] = true
	}
	waits := func(parent string) bool { p := strings.ToLower(parent); return declared[p] && !placed[p] }
	var ordered []Group
	for before := -1; before < len(ordered); {
		before = len(ordered)
		for _, g := range groups {
			if name := strings.ToLower(g.Name); !placed[name] && !slices.ContainsFunc(g.Parents, waits) {
				placed[name] = true
				ordered = append(ordered, g)
			}
		}
	}
	return ordered
}
