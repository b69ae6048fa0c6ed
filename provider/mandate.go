package provider

// Mandate is what was granted: by whom, to whom, for what. The code carries it, the grant keeps it, and every token copies
// the part that it needs. Epochs are copied too: raising one at its source stops everything older.
type Mandate struct {
	// GrantID names the grant that the mandate has become, or will become when its code is redeemed; 16 random bytes. It is
	// empty where a client acts for itself.
	GrantID string
	// GrantExpires is the grant's expiry and a part of its key, in Unix seconds; 0 where there will be no grant.
	GrantExpires int64

	ClientID    string
	ClientEpoch uint32
	// Subject is the person, or empty where a client acts for itself.
	Subject     string
	PersonEpoch uint32
	// SessionID and SessionExpires are the key of the browser session's record. A mandate that is not offline ends with it.
	SessionID      string
	SessionExpires int64
	// SID is how clients know the browser session: the sid claim.
	SID     string
	Offline bool

	Scopes   []string
	Audience []string

	// AuthTime (Unix seconds), AMR and ACR describe the sign-in (OIDC Core §2).
	AuthTime int64
	AMR      []string
	ACR      string
	Nonce    string

	// Consent is the number of the consent that the mandate stands on, or 0: nobody was asked, or the answer was not remembered.
	Consent uint32
	// UserInfoClaims and IDTokenClaims are claims that were asked for by name (OIDC Core §5.5), beside those of the scopes.
	UserInfoClaims []string
	IDTokenClaims  []string
}

func (m *Mandate) write(w *wireWriter) {
	w.string(m.GrantID)
	w.int(m.GrantExpires)
	w.string(m.ClientID)
	w.uint(uint64(m.ClientEpoch))
	w.string(m.Subject)
	w.uint(uint64(m.PersonEpoch))
	w.string(m.SessionID)
	w.int(m.SessionExpires)
	w.string(m.SID)
	w.bool(m.Offline)
	w.strings(m.Scopes)
	w.strings(m.Audience)
	w.int(m.AuthTime)
	w.strings(m.AMR)
	w.string(m.ACR)
	w.string(m.Nonce)
	w.uint(uint64(m.Consent))
	w.strings(m.UserInfoClaims)
	w.strings(m.IDTokenClaims)
}

func (m *Mandate) read(r *wireReader) {
	m.GrantID = r.string()
	m.GrantExpires = r.int()
	m.ClientID = r.string()
	m.ClientEpoch = uint32(r.uint())
	m.Subject = r.string()
	m.PersonEpoch = uint32(r.uint())
	m.SessionID = r.string()
	m.SessionExpires = r.int()
	m.SID = r.string()
	m.Offline = r.bool()
	m.Scopes = r.strings()
	m.Audience = r.strings()
	m.AuthTime = r.int()
	m.AMR = r.strings()
	m.ACR = r.string()
	m.Nonce = r.string()
	if r.form == formPlain {
		return
	}
	m.Consent = uint32(r.uint())
	m.UserInfoClaims = r.strings()
	m.IDTokenClaims = r.strings()
}

// Code is what an authorization code carries.
type Code struct {
	Mandate
	// ID is 16 random bytes; the spent marker bears it.
	ID string
	// Issued and Expires are in Unix seconds.
	Issued, Expires int64
	RedirectURI     string
	// Challenge is the PKCE S256 challenge, or empty.
	Challenge string
}

// AccessToken is what a sealed access token carries.
type AccessToken struct {
	Mandate
	// ID is 16 random bytes; the denied marker bears it.
	ID string
	// Issued and Expires are in Unix seconds.
	Issued, Expires int64
	// Sub is what a JWT says; the sealed form does not carry it.
	Sub string
}

// RefreshToken is what a refresh token carries. The mandate is in the grant.
type RefreshToken struct {
	ClientID     string
	GrantID      string
	GrantExpires int64
	// Generation is the grant's generation that this token may spend.
	Generation uint64
	// Issued and Expires (the idle life) are in Unix seconds.
	Issued, Expires int64
}

// Forms of what holds a mandate. formPlain had no consent and no claims asked for by name; formStored is a code whose facts are in storage.
const (
	formPlain   = 1
	formConsent = 2
	formStored  = 3

	formRefresh = 1
)

func (c *Code) marshal() []byte {
	w := newWriter(formConsent)
	c.Mandate.write(w)
	w.string(c.ID)
	w.int(c.Issued)
	w.int(c.Expires)
	w.string(c.RedirectURI)
	w.string(c.Challenge)
	return w.b
}

func (c *Code) unmarshal(b []byte) error {
	r := newReader(b, formPlain, formConsent)
	c.Mandate.read(r)
	c.ID = r.string()
	c.Issued = r.int()
	c.Expires = r.int()
	c.RedirectURI = r.string()
	c.Challenge = r.string()
	return r.done()
}

func (t *AccessToken) marshal() []byte {
	w := newWriter(formConsent)
	t.Mandate.write(w)
	w.string(t.ID)
	w.int(t.Issued)
	w.int(t.Expires)
	return w.b
}

func (t *AccessToken) unmarshal(b []byte) error {
	r := newReader(b, formPlain, formConsent)
	t.Mandate.read(r)
	t.ID = r.string()
	t.Issued = r.int()
	t.Expires = r.int()
	return r.done()
}

func (t *RefreshToken) marshal() []byte {
	w := newWriter(formRefresh)
	w.string(t.ClientID)
	w.string(t.GrantID)
	w.int(t.GrantExpires)
	w.uint(t.Generation)
	w.int(t.Issued)
	w.int(t.Expires)
	return w.b
}

func (t *RefreshToken) unmarshal(b []byte) error {
	r := newReader(b, formRefresh)
	t.ClientID = r.string()
	t.GrantID = r.string()
	t.GrantExpires = r.int()
	t.Generation = r.uint()
	t.Issued = r.int()
	t.Expires = r.int()
	return r.done()
}
