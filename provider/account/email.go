package account

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Limits of RFC 5321 §4.5.3.1, in bytes.
const (
	maxLocalPart = 64
	maxEmail     = 254
)

const allowedEmail = "name@domain: no quotes, no comments, no IP address"

// domains maps a domain name to ASCII by IDNA2008 (UTS #46, non-transitional) and refuses what is not a host name.
var domains = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(true), idna.BidiRule(),
	idna.VerifyDNSLength(true), idna.CheckHyphens(true), idna.CheckJoiners(true))

// CanonicalEmail returns an address in the form to store and to send to (the local part as it is written, the domain in
// lower-case ASCII), and the form by which it is unique and looked up (the local part without regard to case). What comes
// after a plus belongs to the local part. What it refuses is an InvalidError.
func CanonicalEmail(s string) (address, unique string, err error) {
	local, domain, ok := splitEmail(s)
	if !ok {
		return "", "", invalid(ErrInvalidEmail, "email", s, allowedEmail)
	}
	folded, ok := foldLocal(local)
	address = local + "@" + domain
	if !ok || len(address) > maxEmail {
		return "", "", invalid(ErrInvalidEmail, "email", s, allowedEmail)
	}
	return address, folded + "@" + domain, nil
}

func splitEmail(s string) (local, domain string, ok bool) {
	if len(s) > maxIdentifier || !utf8.ValidString(s) {
		return "", "", false
	}
	local, domain, ok = strings.Cut(strings.TrimSpace(s), "@")
	if !ok || !properLocal(local) {
		return "", "", false
	}
	ascii, err := domains.ToASCII(strings.TrimSuffix(domain, "."))
	if err != nil || !properDomain(ascii) {
		return "", "", false
	}
	return local, ascii, true
}

// properLocal allows a dot-atom (RFC 5322 §3.2.3), and of other scripts what compatibility mapping leaves alone: no
// full-width at sign, no second spelling of a letter.
func properLocal(local string) bool {
	if local == "" || len(local) > maxLocalPart || !norm.NFKC.IsNormalString(local) {
		return false
	}
	for _, atom := range strings.Split(local, ".") {
		if atom == "" || strings.ContainsFunc(atom, notAtext) {
			return false
		}
	}
	return true
}

func notAtext(r rune) bool {
	if r < utf8.RuneSelf {
		return !asciiAlnum(r) && !strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", r)
	}
	return !unicode.In(r, unicode.L, unicode.M, unicode.Nd)
}

// foldLocal folds case until nothing changes.
func foldLocal(local string) (string, bool) {
	for range 4 {
		folded := norm.NFKC.String(cases.Fold().String(local))
		if folded == local {
			return local, properLocal(local)
		}
		local = folded
	}
	return "", false
}

// properDomain refuses an IP address, whose last label would be a number.
func properDomain(ascii string) bool {
	last := ascii[strings.LastIndexByte(ascii, '.')+1:]
	return last != "" && strings.Trim(last, "0123456789") != ""
}
