package config

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// Config is what Signet can be told. Load fills it; the doc tags say what each field does.
type Config struct {
	Issuer string `toml:"issuer" restart:"yes" doc:"The issuer identifier: the URL under which everybody reaches this provider, without a trailing slash. Relying parties compare it byte for byte, so it is chosen once. Left out, it is http://localhost with the port of server.listen, as long as that is a loopback address."`
	Name   string `toml:"name" default:"Signet" doc:"What the provider calls itself on its pages and in its mails."`

	Languages []string `toml:"languages" doc:"The languages of pages and mails, as BCP 47 tags; the first is for everybody who prefers none of them. English (en), German (de), French (fr), Spanish (es) and Arabic (ar) are built in, more come with templates.directory. Empty: all there are, English first."`

	Branding     Branding     `toml:"branding" doc:"How pages and mails look, beside the name. See docs/branding.md."`
	Templates    Templates    `toml:"templates" doc:"Pages, mails and words of your own in place of the built-in ones. See docs/branding.md."`
	Server       Server       `toml:"server" doc:"Where and how requests come in."`
	Storage      Storage      `toml:"storage" doc:"Where records are kept."`
	Tokens       Tokens       `toml:"tokens" doc:"How long tokens live. Changes apply to what is issued from then on."`
	Sessions     Sessions     `toml:"sessions" doc:"How long a browser stays signed in."`
	Login        Login        `toml:"login" doc:"How people sign in."`
	Admin        Admin        `toml:"administration" doc:"Who administers over the network, at /api/v1: members of groups, through a client that may ask for the scopes. Clients may administer for themselves if their record has the scopes and the audience."`
	MFA          MFA          `toml:"mfa" doc:"Who is asked for a second factor beside the password."`
	Keys         Rotation     `toml:"keys" doc:"How signing keys rotate."`
	Passwords    Passwords    `toml:"passwords" doc:"The cost of hashing a password with argon2id."`
	Registration Registration `toml:"registration" doc:"Whether and how applications register themselves as clients (RFC 7591, OpenID Connect Registration)."`
	SignUp       SignUp       `toml:"signup" doc:"Who may make an account. Needs a mail server: an account begins with a confirmed address."`
	Accounts     Accounts     `toml:"accounts" doc:"How accounts end."`
	Mail         Mail         `toml:"mail" doc:"The mail server. Without a server no mail is sent, and what needs mail is not offered: confirming addresses, new passwords by mail, sign-up."`
	Outbound     Outbound     `toml:"outbound" doc:"What the provider fetches and tells by itself: keys, lists and pictures of clients, and that a session has ended."`
	Limits       Limits       `toml:"limits" doc:"How much one party may ask for. A rate is a number per time, such as 10/15m, or off."`
	Audit        Audit        `toml:"audit" doc:"The record of what happened to people, clients and keys."`
	Log          Log          `toml:"log" doc:"What is written to standard error."`

	Clients []Client `toml:"client" doc:"A declared client. It is created or brought up to date at start and at reload, and is read-only elsewhere."`
	Users   []User   `toml:"user" doc:"A declared person."`
	Groups  []Group  `toml:"group" doc:"A declared group."`

	Attributes []Attribute `toml:"attribute" doc:"Something to know of people beside the standard claims, in the order of the pages. What people have of an attribute that is not here any more is kept, and neither shown nor told."`
	Scopes     []Scope     `toml:"scope" doc:"A scope of your own: it releases attributes, or means something to your APIs."`

	SoftwareIssuers []SoftwareIssuer `toml:"software_issuer" doc:"Somebody whose software statements are believed (RFC 7591 §2.3): what a statement says of a client that registers itself takes the place of what the client says. Without any, statements are refused."`

	Upstreams []Upstream `toml:"upstream" doc:"A provider that people sign in with. SIGNET_UPSTREAM_GITHUB_CLIENT_ID and SIGNET_UPSTREAM_GITHUB_CLIENT_SECRET, or …_SECRET_FILE with a path, are one too: that of the preset github."`

	origins map[string]string
}

// Server is the section [server].
type Server struct {
	Listen           string         `toml:"listen" default:"127.0.0.1:8080" restart:"yes" doc:"Address of the public listener: host:port, :port for every address, or unix:/path."`
	TLS              string         `toml:"tls" default:"off" enum:"off,files" restart:"yes" doc:"off behind a proxy or on loopback; files to serve TLS with cert_file and key_file."`
	TLSMin           string         `toml:"tls_min" default:"1.2" enum:"1.2,1.3" restart:"yes" doc:"The oldest version of TLS that is spoken. With 1.2 only ECDHE with AES-GCM is offered."`
	CertFile         string         `toml:"cert_file" path:"yes" doc:"PEM file of the certificate chain, leaf first. Read again when it has changed."`
	KeyFile          string         `toml:"key_file" path:"yes" doc:"PEM file of the certificate's private key. Read again when the certificate has changed."`
	TrustedProxies   []netip.Prefix `toml:"trusted_proxies" doc:"Networks of the proxies whose Forwarded and X-Forwarded-For headers are believed. Empty: nobody's."`
	WebFingerDomains []string       `toml:"webfinger_domains" doc:"Domains, beside the issuer's host, whose people have this issuer: WebFinger answers for acct:ada@example.com. Their hosts must pass /.well-known/webfinger on."`
	MetricsListen    string         `toml:"metrics_listen" default:"off" restart:"yes" doc:"Address of the private listener with metrics, such as 127.0.0.1:9090; off for none. Nothing on it asks who is calling."`
	ShutdownGrace    time.Duration  `toml:"shutdown_grace" default:"20s" min:"0s" max:"5m" doc:"How long running requests may take to finish after a signal to stop."`
}

// Storage is the section [storage].
type Storage struct {
	DataDir   string `toml:"data_dir" default:"signet-data" restart:"yes" path:"yes" doc:"Directory of the database, the administration socket and, unless told otherwise, the master key. Created with mode 0700."`
	Engine    string `toml:"engine" default:"bolt" enum:"bolt,postgres" restart:"yes" doc:"bolt keeps everything in one file of data_dir; postgres serves several nodes."`
	URL       Secret `toml:"url" restart:"yes" doc:"Connection URL of PostgreSQL, postgres://user:password@host/database. Only with engine postgres."`
	MasterKey Secret `toml:"master_key" restart:"yes" doc:"The key that seals every record and token, at least 32 characters. Left out, it is the file master.key in data_dir, created at the first start. Without it the data cannot be read."`
}

// Tokens is the section [tokens].
type Tokens struct {
	Access             time.Duration `toml:"access" default:"15m" min:"10s" max:"1d" doc:"How long an access token lives."`
	ID                 time.Duration `toml:"id" default:"1h" min:"1m" max:"1d" doc:"How long an ID token is valid."`
	Code               time.Duration `toml:"code" default:"60s" min:"5s" max:"60s" doc:"How long an authorization code may wait to be redeemed."`
	DeviceCode         time.Duration `toml:"device_code" default:"5m" min:"30s" max:"5m" doc:"How long a device may wait until somebody has typed its code and allowed it."`
	RefreshIdle        time.Duration `toml:"refresh_idle" default:"30d" min:"1m" max:"3650d" doc:"How long a refresh token may lie unused."`
	RefreshMax         time.Duration `toml:"refresh_max" default:"90d" min:"1m" max:"3650d" doc:"How long a grant can be refreshed altogether."`
	RefreshGrace       time.Duration `toml:"refresh_grace" default:"10s" min:"1s" max:"60s" zero:"no second chance" doc:"How long the same client may repeat a refresh whose answer it has lost, before the repetition counts as theft."`
	RotateConfidential bool          `toml:"rotate_confidential" default:"false" doc:"Rotate the refresh tokens of confidential clients too. Those of public clients always rotate."`
	RepeatedChallenge  string        `toml:"repeated_challenge" default:"warn" enum:"warn,refuse" doc:"What becomes of a client that sends the same code_challenge or nonce with several requests: a line in the log and a count, or a refusal."`
	RequirePKCE        bool          `toml:"require_pkce" default:"true" doc:"Require PKCE (S256) of confidential clients. Public clients always need it."`
}

// Sessions is the section [sessions].
type Sessions struct {
	Idle       time.Duration `toml:"idle" default:"12h" min:"1m" max:"365d" doc:"A session ends when it has not been used for this long."`
	Max        time.Duration `toml:"max" default:"30d" min:"1m" max:"3650d" doc:"A session ends this long after the sign-in, however much it is used."`
	Management bool          `toml:"management" default:"false" doc:"Let applications watch in the browser whether the session goes on (OpenID Connect Session Management). Browsers that block cookies of other sites do not let them."`
}

// Login is the section [login].
type Login struct {
	Methods []string `toml:"methods" default:"password,passkey" enum:"password,passkey,mail" doc:"password; passkey for what a device keeps and unlocks for its owner alone; mail for a code and a link that are mailed to a proved address, which needs a mail server. Passkeys are bound to the issuer's host, which must be a name, and stay so."`
	Upgrade bool     `toml:"passkey_upgrade" default:"true" doc:"After a sign-in with a password, a browser that keeps the password may make a passkey as well, without a question. The person is told by mail, and is not asked for it as a second factor. Only for who has no passkey, and has not taken such a one away."`
}

// MFA is the section [mfa].
type MFA struct {
	Policy string   `toml:"policy" default:"optional" enum:"off,optional,admins,all" doc:"off: nobody, and nobody can set one up. optional: those who have set one up. admins: members of the groups in mfa.groups as well, and all: everybody; who has none sets one up at the next sign-in."`
	Groups []string `toml:"groups" default:"admins" doc:"Groups whose members the policy admins speaks of."`
}

// Admin is the section [administration].
type Admin struct {
	Network  bool     `toml:"network" default:"true" doc:"Whether anything can be administered over the network. The command line on this machine always can."`
	Owners   []string `toml:"owners" default:"admins" doc:"Groups whose members may do everything."`
	Support  []string `toml:"support" doc:"Groups whose members look after people who do not administer: their accounts, sessions and factors."`
	Auditors []string `toml:"auditors" doc:"Groups whose members see everything and change nothing."`
}

// Rotation is the section [keys].
type Rotation struct {
	Period time.Duration `toml:"period" default:"90d" min:"1h" max:"3650d" zero:"keys rotate by command only" doc:"How long a key signs before the next one takes over."`
	Lead   time.Duration `toml:"lead" default:"2d" min:"1m" max:"365d" doc:"How long the next key is published before it signs, so that relying parties have it by then."`
	Retain time.Duration `toml:"retain" default:"7d" min:"1m" max:"3650d" doc:"How long a key stays published after it has stopped signing. Not shorter than a token lives."`
}

// Passwords is the section [passwords].
type Passwords struct {
	Memory      Size   `toml:"memory" default:"19MiB" min:"8MiB" max:"4GiB" doc:"Memory that one hash takes."`
	Time        int    `toml:"time" default:"2" min:"1" max:"64" doc:"Passes over that memory."`
	Parallelism int    `toml:"parallelism" default:"1" min:"1" max:"64" doc:"Lanes of one hash."`
	Breached    string `toml:"breached" path:"yes" doc:"File of passwords that were in breaches, which nobody may choose: a line for each, sorted, that begins with its SHA-1 hash in hexadecimal, as Have I Been Pwned gives them away. It is searched where it lies; nobody is asked."`
	Concurrency int    `toml:"concurrency" default:"0" min:"1" max:"1024" zero:"one for each processor" doc:"Hashes computed at the same time; the others wait. Times memory, this is the most that sign-ins take."`
}

// Registration is the section [registration].
type Registration struct {
	Policy        string   `toml:"policy" default:"closed" enum:"closed,token,open" doc:"closed: nobody registers a client by themselves. token: whoever has an initial access token, made with signet client token create. open: everybody; clients that nobody has used within a day are removed again."`
	GrantTypes    []string `toml:"grant_types" default:"authorization_code,refresh_token" enum:"authorization_code,refresh_token,implicit,client_credentials,urn:ietf:params:oauth:grant-type:device_code" doc:"Grants that such a client may ask for."`
	ResponseTypes []string `toml:"response_types" default:"code" enum:"code,none,token,id_token,id_token token,code id_token,code token,code id_token token" doc:"Response types that such a client may ask for. All but code and none are of an older time and need the grant implicit too."`
	MaxClients    int      `toml:"max_clients" default:"10000" min:"1" max:"1000000" doc:"How many clients may have registered themselves."`
	RateAddress   Rate     `toml:"rate_address" default:"30/1h" doc:"Registrations without a token, and changes, from one address (IPv4: from one /24, IPv6: from one /56)."`
	RateAll       Rate     `toml:"rate_all" default:"1000/1d" doc:"Registrations without a token altogether."`
	ReservedNames []string `toml:"reserved_names" doc:"Names that such a client may not have, nor one that is taken for them, beside the name of this provider and the best known ones."`
}

// SoftwareIssuer is one [[software_issuer]].
type SoftwareIssuer struct {
	Issuer   string `toml:"issuer" doc:"The claim iss of its statements."`
	JWKSFile string `toml:"jwks_file" path:"yes" doc:"File with its public keys, a JSON Web Key Set (RFC 7517 §5)."`
}

// Outbound is the section [outbound].
type Outbound struct {
	AllowPrivate []netip.Prefix `toml:"allow_private" doc:"Networks that may be reached though they are not public: private, loopback and link-local ones, and this machine's own addresses. Loopback addresses listed here are reached by plain http too. Empty: none, so that nobody can make this server ask its neighbours by registering their address."`
	CAFile       string         `toml:"ca_file" path:"yes" doc:"PEM file of certificate authorities to believe beside those of the system."`
}

// SignUp is the section [signup].
type SignUp struct {
	Mode     string   `toml:"mode" default:"closed" enum:"closed,invite,domain,open" doc:"closed: operators make the accounts. invite: whoever was invited with signet user invite. domain: beside that, whoever has an address in one of the domains. open: everybody."`
	Domains  []string `toml:"domains" doc:"Domains of addresses that may have an account, with mode domain. Domains below them are others."`
	Required []string `toml:"required" default:"name" enum:"username,name,given_name,family_name,nickname,phone_number,birthdate" doc:"What a new person has to say. Without a user name they sign in with their address."`
	TermsURI string   `toml:"terms_uri" doc:"What a new person agrees to, https."`

	TermsFile    string `toml:"terms_file" path:"yes" doc:"The same as a text of your own, shown at /terms: plain text with blank lines between paragraphs, # headings, - lists, **bold** and [links](https://example.com/)."`
	TermsVersion string `toml:"terms_version" doc:"Which terms these are, such as 2026-11. It is recorded with each agreement. Once it is set, everybody agrees to this version before they go to an application; another one asks everybody anew."`
}

// Accounts is the section [accounts].
type Accounts struct {
	SelfDeletion  bool          `toml:"self_deletion" default:"true" doc:"Let people have their accounts deleted."`
	DeletionGrace time.Duration `toml:"deletion_grace" default:"14d" min:"1h" max:"365d" zero:"deleted at once, and for good" doc:"How long a deleted account can be brought back. It is good for nothing meanwhile, and nobody else gets its names."`
}

// Mail is the section [mail].
type Mail struct {
	Server   string `toml:"server" doc:"Name of the mail server, with a port unless it is 587, or 465 where tls is tls. Its certificate must be for this name. Left out, no mail is sent."`
	TLS      string `toml:"tls" default:"starttls" enum:"starttls,tls,off" doc:"starttls begins in the open and goes on with TLS or not at all; tls begins with TLS; off sends everything in the open, for a server on this machine, and never sends a password."`
	User     string `toml:"user" doc:"Name to sign in to the mail server with. Left out, it is not signed in."`
	Password Secret `toml:"password" doc:"Password of user."`
	From     string `toml:"from" doc:"Sender of every mail: an address, or a name with one, such as Example ID <id@example.com>."`
	ReplyTo  string `toml:"reply_to" doc:"Where answers go. Left out, to the sender."`
	Waiting  int    `toml:"waiting" default:"10000" min:"100" max:"1000000" doc:"How many mails may wait for the mail server. The oldest of more are dropped, which the audit trail says."`
	CAFile   string `toml:"ca_file" path:"yes" doc:"PEM file of certificate authorities to believe for the mail server, in place of those of the system."`
}

// On tells whether there is a mail server.
func (m Mail) On() bool { return m.Server != "" }

// Address is the mail server's host and port; the host is empty if the setting is neither.
func (m Mail) Address() (host string, port int) {
	host, text, err := net.SplitHostPort(m.Server)
	if err != nil && !strings.ContainsAny(m.Server, ":/@ []") {
		if m.TLS == "tls" {
			return m.Server, 465
		}
		return m.Server, 587
	}
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil || n == 0 || strings.ContainsAny(host, "/@ ") {
		return "", 0
	}
	return host, int(n)
}

// Limits is the section [limits].
type Limits struct {
	LoginAccount   Rate `toml:"login_account" default:"10/15m" doc:"Failed sign-ins to one account, by whom ever. It delays, and never locks."`
	LoginAddress   Rate `toml:"login_address" default:"50/15m" doc:"Failed sign-ins from one address (IPv4: from one /24, IPv6: from one /56)."`
	LoginDevice    Rate `toml:"login_device" default:"10/15m" doc:"Failed sign-ins to one account in one browser in which its owner has signed in before. These are counted by themselves, so that nobody is kept out by what strangers try."`
	MailAccount    Rate `toml:"mail_account" default:"3/1h" doc:"Mails that can be asked for, for one account or address: codes to sign in with, new passwords, and confirmations with sign-ups, each counted by itself, as they are in each browser in which the owner has signed in before. More are not sent, and nobody is told."`
	MailAddress    Rate `toml:"mail_address" default:"10/1h" doc:"Mails that can be asked for from one network address."`
	SignUpAddress  Rate `toml:"signup_address" default:"30/1h" doc:"Accounts that may be made from one network address, by whoever has a mailed link."`
	ClientFailures Rate `toml:"client_failures" default:"100/1m" doc:"Failed client authentications of one client from one address, at the token endpoint and its neighbours."`
	PublicPushes   Rate `toml:"public_pushes" default:"100/1m" doc:"Authorization requests that one client without a secret, or all that registered themselves without a token, may push from one address."`
	DeviceStart    Rate `toml:"device_start" default:"30/1m" doc:"Devices of one client from one address that may begin to wait for a person."`
	DeviceWaiting  int  `toml:"device_waiting" default:"2000" min:"1" max:"1000000" doc:"Devices that may wait at the same time, on each node. The more, the likelier a guessed code is right."`
	DevicePerson   Rate `toml:"device_person" default:"5/5m" doc:"Wrong device codes typed by one person."`
	DeviceAddress  Rate `toml:"device_address" default:"10/1m" doc:"Wrong device codes typed from one address."`
	DeviceAll      Rate `toml:"device_all" default:"60/1m" doc:"Wrong device codes typed by everybody together."`
	Body           Size `toml:"body" default:"64KiB" min:"8KiB" max:"1MiB" doc:"Largest form that an endpoint accepts."`
	APIBody        Size `toml:"api_body" default:"1MiB" min:"64KiB" max:"64MiB" doc:"Largest document that the administration interface accepts."`
}

// Audit is the section [audit].
type Audit struct {
	Retain time.Duration `toml:"retain" default:"400d" min:"1d" max:"3650d" doc:"How long records are kept. A change applies to what happens from then on."`
}

// Log is the section [log].
type Log struct {
	Level  string `toml:"level" default:"info" enum:"debug,info,warn,error" doc:"The least important level that is written."`
	Format string `toml:"format" default:"text" enum:"text,json" restart:"yes" doc:"text for people, json for collectors."`
	Access bool   `toml:"access" default:"false" doc:"Write a line for each request."`
}
