package templates

// Client is an app as a person should see it. Name is what the app says of itself and is treated as foreign.
type Client struct {
	ID   string
	Name string
	// Trust is who vouches for the app.
	Trust Trust
	// Logo is the local path of its picture; it may be empty.
	Logo string
	// Website, Policy and Terms are what the app's record holds (OIDC Registration §2 client_uri, policy_uri, tos_uri).
	// They are shown only if https.
	Website, Policy, Terms string
}

// Trust is who vouches for a client.
type Trust string

// The kinds of trust.
const (
	Unverified Trust = "unverified" // nobody has checked who made it; the zero value means the same
	Verified   Trust = "verified"   // an administrator registered it
	FirstParty Trust = "first-party"
)

// Display is the client's name, or its id if it has none that can be seen.
func (c *Client) Display() string {
	if name := Foreign(c.Name); name != "" {
		return name
	}
	return Foreign(c.ID)
}

// Initial is the first letter of the client's name.
func (c *Client) Initial() string { return first(c.Display()) }

// Imitates reports whether the client's name mixes alphabets within a word, as names do that imitate another's.
func (c *Client) Imitates() bool { return mixesScripts(c.Name) }

// Note is what to say about the client's trust.
func (c *Client) Note() Text {
	if c.Trust == "" {
		return Msg("client.unverified")
	}
	return Msg("client." + string(c.Trust))
}

// Account is a person who is signed in, or could be.
type Account struct {
	// Value is what a form sends for the account.
	Value string
	// Identifier is the name or address that the person signs in with.
	Identifier string
	// Name is the person's display name; it may be empty.
	Name string
	// Address is the e-mail address; it may be empty.
	Address string
	// Note says what is special about the person. Development mode uses it.
	Note string
}

// Display is the name of a person, or what they sign in with.
func (a *Account) Display() string {
	if name := Foreign(a.Name); name != "" {
		return name
	}
	return Foreign(a.Identifier)
}

// Detail is what tells people of the same name apart.
func (a *Account) Detail() string {
	if a.Address != "" {
		return Foreign(a.Address)
	}
	return Foreign(a.Identifier)
}

// Initial is the first letter of the person's name.
func (a *Account) Initial() string { return first(a.Display()) }
