package config

import (
	"errors"
	"strings"
	"testing"
)

// object begins a declared object that is sound, so that what a case adds is the only mistake.
const (
	clientOK = "[[client]]\nid = \"c\"\nsecret = \"" + strong + "\"\nredirect_uris = [\"https://c.example/cb\"]\n"
	publicOK = "[[client]]\nid = \"p\"\npublic = true\nredirect_uris = [\"https://p.example/cb\"]\n"
	userOK   = "[[user]]\nname = \"ada\"\n"
)

type broken struct {
	doc   string
	env   []string
	flags map[string]string
	key   string // of the only problem
	says  string // part of its text
}

var brokenConfigs = []broken{
	// The file itself.
	{doc: "issuer = ", key: "issuer", says: "signet.toml:1"},
	{doc: "issuer = hunter2", key: "issuer", says: "double quotes"},
	{doc: "[storage]\nmaster_key = hunter2hunter2", key: "storage.master_key", says: "signet.toml:2"},
	{doc: "[storage]\nmaster_key = \"hunter2\nhunter2\"", key: "storage.master_key", says: "closing quote"},
	{doc: "[storage]\nmaster_key = 'hunter2", key: "storage.master_key", says: "not TOML"},
	{doc: "[storage]\nmaster_key = \"hunter2\\hunter2\"", key: "storage.master_key", says: "not TOML"},
	{doc: "[storage]\nmaster_key = \"a\" hunter2", key: "storage", says: "not TOML"},
	{doc: "[storage]\nmaster_key = 00hunter2", key: "storage.master_key", says: "not TOML"},
	{doc: "[storage]\nurl = \"a\"\nhunter2\n", key: "storage", says: "signet.toml:3"},
	{doc: "name = \"a\"\nname = \"b\"", key: "name", says: "twice"},
	{doc: "[log]\n[log]\n", key: "", says: "signet.toml:2"},
	{doc: "name = \"\x00\"", key: "name", says: "not TOML"},
	{doc: "name = \"\xff\"", key: "name", says: "not TOML"},
	{doc: "[", key: "", says: "not TOML"},

	// Names.
	{doc: "isuer = \"x\"", key: "isuer", says: "did you mean issuer?"},
	{doc: "[tokens]\nacess = \"5m\"", key: "tokens.acess", says: "did you mean tokens.access?"},
	{doc: "[tokens]\nrefresh-idle = \"5m\"", key: "tokens.refresh-idle", says: "did you mean tokens.refresh_idle?"},
	{doc: "access = \"5m\"", key: "access", says: "did you mean tokens.access?"},
	{doc: "[storage]\nmasterkey = \"hunter2\"", key: "storage.masterkey", says: "did you mean storage.master_key?"},
	{doc: "[storage]\npassphrase = \"hunter2\"", key: "storage.passphrase", says: "data_dir"},
	{doc: "[toknes]\naccess = \"5m\"", key: "toknes", says: "did you mean tokens?"},
	{doc: clientOK + "redirect_uri = \"x\"", key: "client[1].redirect_uri", says: "did you mean client.redirect_uris?"},
	{doc: clientOK + "client_secret = \"hunter2\"", key: "client[1].client_secret", says: "did you mean client.secret?"},
	{doc: clientOK + "[client.extra]\na = 1", key: "client[1].extra", says: "signet.toml:5"},
	{doc: "[[clients]]\nid = \"c\"", key: "clients", says: "did you mean client?"},
	{env: []string{"SIGNET_TOKENS_ACESS=5m"}, key: "SIGNET_TOKENS_ACESS", says: "did you mean SIGNET_TOKENS_ACCESS?"},
	{env: []string{"SIGNET_STORAGE_MASTERKEY_FILE=hunter2"}, key: "SIGNET_STORAGE_MASTERKEY_FILE", says: "SIGNET_STORAGE_MASTER_KEY_FILE"},
	{env: []string{"SIGNET_CLIENT_0_SECRET=hunter2"}, key: "SIGNET_CLIENT_0_SECRET", says: "written in the file"},
	{env: []string{"SIGNET_NAME_FILE=x"}, key: "SIGNET_NAME_FILE", says: "is not a setting"},
	{flags: map[string]string{"tokens.acess": "5m"}, key: "tokens.acess", says: "did you mean tokens.access?"},
	{flags: map[string]string{"client.id": "x"}, key: "client.id", says: "command line"},
	{flags: map[string]string{"tokens": "x"}, key: "tokens", says: "command line"},
	{flags: map[string]string{"storage.url": "hunter2"}, key: "storage.url", says: "storage.url_file"},

	// Shapes.
	{doc: "tokens = 5", key: "tokens", says: "[tokens]"},
	{doc: "[client]\nid = \"c\"", key: "client", says: "[[client]]"},
	{doc: "client = [1]", key: "client", says: "[[client]]"},
	{doc: "[[tokens]]\naccess = \"5m\"", key: "tokens", says: "a section"},
	{doc: "name = 5", key: "name", says: "got 5"},
	{doc: "name = 2026-11-20", key: "name", says: "a date"},
	{doc: "[name]\na = 1", key: "name", says: "a section"},
	{doc: "[log]\naccess = \"yes\"", key: "log.access", says: "true or false"},
	{doc: "[passwords]\ntime = 1.5", key: "passwords.time", says: "whole number"},
	{doc: "[passwords]\ntime = \"3\"", key: "passwords.time", says: `got "3"`},
	{doc: clientOK + "scopes = \"openid\"", key: "client[1].scopes", says: "a list of texts"},
	{doc: clientOK + "scopes = [1]", key: "client[1].scopes", says: "got [1]"},
	{doc: clientOK + "scopes = [\"\"]", key: "client[1].scopes", says: `got [""]`},
	{doc: clientOK + "rotate_refresh = \"always\"", key: "client[1].rotate_refresh", says: "true or false"},
	{env: []string{"SIGNET_LOG_ACCESS=yes"}, key: "log.access", says: "environment SIGNET_LOG_ACCESS"},
	{env: []string{"SIGNET_PASSWORDS_TIME=many"}, key: "passwords.time", says: `got "many"`},
	{flags: map[string]string{"server.trusted_proxies": `["10.0.0.0/8"`}, key: "server.trusted_proxies", says: "command line"},

	// Durations, sizes, rates.
	{doc: "[tokens]\naccess = 15", key: "tokens.access", says: `write access = "15m"`},
	{doc: "[tokens]\naccess = \"15\"", key: "tokens.access", says: "with its unit"},
	{doc: "[tokens]\naccess = \"15 m\"", key: "tokens.access", says: `got "15 m"`},
	{doc: "[tokens]\naccess = \"-15m\"", key: "tokens.access", says: "with its unit"},
	{doc: "[tokens]\naccess = \"1.5d\"", key: "tokens.access", says: "with its unit"},
	{doc: "[tokens]\naccess = \"\"", key: "tokens.access", says: `got ""`},
	{doc: "[tokens]\naccess = \"1s\"", key: "tokens.access", says: "10s to 1d"},
	{doc: "[tokens]\naccess = \"2d\"", key: "tokens.access", says: "10s to 1d"},
	{doc: "[tokens]\naccess = 0", key: "tokens.access", says: "10s to 1d"},
	{doc: "[tokens]\ncode = \"11m\"", key: "tokens.code", says: "5s to 60s"},
	{doc: "[tokens]\nrefresh_grace = \"2m\"", key: "tokens.refresh_grace", says: "1s to 60s, or 0"},
	{doc: "[tokens]\nrefresh_max = \"99999999d\"", key: "tokens.refresh_max", says: "99999999d"},
	{doc: "[tokens]\nrefresh_idle = \"91d\"", key: "tokens.refresh_idle", says: "longer than tokens.refresh_max (90d)"},
	{doc: "[sessions]\nidle = \"31d\"", key: "sessions.idle", says: "sessions.max"},
	{doc: "[keys]\nlead = \"91d\"", key: "keys.lead", says: "keys.period"},
	{doc: "[keys]\nlead = \"2d\"\nperiod = \"2d\"", key: "keys.lead", says: "not shorter"},
	{doc: "[keys]\nretain = \"30m\"", key: "tokens.id", says: "keys.retain"},
	{doc: "[passwords]\nmemory = \"64MB\"", key: "passwords.memory", says: "KiB, MiB, GiB"},
	{doc: "[passwords]\nmemory = 65536", key: "passwords.memory", says: "KiB, MiB, GiB"},
	{doc: "[passwords]\nmemory = \"1MiB\"", key: "passwords.memory", says: "8MiB to 4GiB"},
	{doc: "[passwords]\nmemory = \"99999999999GiB\"", key: "passwords.memory", says: "KiB, MiB, GiB"},
	{doc: "[passwords]\nparallelism = 0", key: "passwords.parallelism", says: "1 to 64"},
	{doc: "[passwords]\nconcurrency = -1", key: "passwords.concurrency", says: "one for each processor"},
	{doc: "[login]\nmethods = [\"password\", \"mail\"]", key: "login.methods", says: "mail server"},
	{doc: "[login]\nmethods = [\"pigeon\"]", key: "login.methods", says: "password"},
	{doc: "[limits]\nlogin_account = \"10\"", key: "limits.login_account", says: "a number per time, or off"},
	{doc: "[limits]\nlogin_account = \"0/1m\"", key: "limits.login_account", says: "a number per time, or off"},
	{doc: "[limits]\nlogin_account = \"10/1ms\"", key: "limits.login_account", says: "a number per time, or off"},
	{doc: "[limits]\nbody = \"1KiB\"", key: "limits.body", says: "8KiB to 1MiB"},

	// Issuer and name.
	{doc: "issuer = \"id.example.com\"", key: "issuer", says: "not a URL with a host"},
	{doc: "issuer = \"http://id.example.com\"", key: "issuer", says: "not https"},
	{doc: "issuer = \"ftp://id.example.com\"", key: "issuer", says: "scheme"},
	{doc: "issuer = \"https://\"", key: "issuer", says: "host"},
	{doc: "issuer = \"https://:8443\"", key: "issuer", says: "host"},
	{doc: "issuer = \"https://id.example.com/\"", key: "issuer", says: "slash"},
	{doc: "issuer = \"https://id.example.com?x=1\"", key: "issuer", says: "query"},
	{doc: "issuer = \"https://id.example.com#x\"", key: "issuer", says: "fragment"},
	{doc: "issuer = \"https://id.example.com?\"", key: "issuer", says: "query"},
	{doc: "issuer = \"https://a:hunter2@id.example.com\"", key: "issuer", says: "user name"},
	{doc: "issuer = \"https://ID.example.com\"", key: "issuer", says: "small letters"},
	{doc: "issuer = \"https://id.example.com/a/../b\"", key: "issuer", says: "plain"},
	{doc: "issuer = \"https://id.example.com/%61\"", key: "issuer", says: "plain"},
	{doc: "name = \"\"", key: "name", says: "1 to 64"},
	{doc: "name = \"a\\nb\"", key: "name", says: "one line"},

	// Server and storage.
	{doc: "[server]\nlisten = \":443\"", key: "issuer", says: "is not set"},
	{doc: "[server]\nlisten = \"127.0.0.1:0\"", key: "issuer", says: "is not set"},
	{doc: "[server]\nlisten = \"unix:/run/signet.sock\"", key: "issuer", says: "is not set"},
	{doc: "[server]\nlisten = \"8080\"", key: "server.listen", says: "host:port"},
	{doc: "[server]\nlisten = \"127.0.0.1:99999\"", key: "server.listen", says: "host:port"},
	{doc: "[server]\nlisten = \"127.0.0.1:http\"", key: "server.listen", says: "host:port"},
	{doc: "[server]\nlisten = \"unix:run.sock\"", key: "server.listen", says: "unix:/path"},
	{doc: "[server]\nlisten = \"http://127.0.0.1:80\"", key: "server.listen", says: "host:port"},
	{doc: "[server]\nmetrics_listen = \"on\"", key: "server.metrics_listen", says: "or off"},
	{doc: "[server]\nmetrics_listen = \"127.0.0.1:8080\"", key: "server.metrics_listen", says: "public address"},
	{doc: "[server]\ntls = \"acme\"", key: "server.tls", says: "off, files"},
	{doc: "[registration]\npolicy = \"everybody\"", key: "registration.policy", says: "one of closed, token, open"},
	{doc: "[registration]\nresponse_types = [\"code id_token\"]", key: "registration.response_types", says: "implicit"},
	{doc: "[registration]\nreserved_names = [\"a\\nb\"]", key: "registration.reserved_names", says: "one line"},
	{doc: "[[software_issuer]]\njwks_file = \"x\"", key: "software_issuer[1].issuer", says: "is not set"},
	{doc: "[[software_issuer]]\nissuer = \"https://trust.example\"", key: "software_issuer[1].jwks_file", says: "is not set"},
	{doc: "[outbound]\nallow_private = [\"10.0.0.0/8\", \"::/0\"]", key: "outbound.allow_private", says: "every address"},
	{doc: "[outbound]\nca_file = \"absent.pem\"", key: "outbound.ca_file", says: "cannot be read"},
	{doc: "[outbound]\nca_file = \"not-a-cert.pem\"", key: "outbound.ca_file", says: "has no certificate"},
	{doc: "[server]\ncert_file = \"a.pem\"", key: "server.cert_file", says: "server.tls is off"},
	{doc: "[server]\ntls = \"files\"\ncert_file = \"absent.pem\"\nkey_file = \"not-a-key.pem\"", key: "server.cert_file", says: "cannot be read"},
	{doc: "[server]\ntls = \"files\"\ncert_file = \"not-a-cert.pem\"\nkey_file = \"not-a-key.pem\"", key: "server.cert_file", says: "pair"},
	{doc: "[server]\ntls = \"files\"\ncert_file = \"not-a-cert.pem\"", key: "server.key_file", says: "is not set"},
	{doc: "[server]\ntrusted_proxies = [\"10.0.0.0/33\"]", key: "server.trusted_proxies", says: "10.0.0.0/33"},
	{doc: "[server]\ntrusted_proxies = [\"proxy.example.com\"]", key: "server.trusted_proxies", says: "networks or addresses"},
	{doc: "[server]\ntrusted_proxies = [\"0.0.0.0/0\"]", key: "server.trusted_proxies", says: "everybody"},
	{doc: "[server]\nwebfinger_domains = [\"https://example.com\"]", key: "server.webfinger_domains", says: "names of domains"},
	{doc: "[server]\nwebfinger_domains = [\"example.com:443\"]", key: "server.webfinger_domains", says: "names of domains"},
	{doc: "[server]\nwebfinger_domains = [\"Example.com\"]", key: "server.webfinger_domains", says: "small letters"},
	{doc: "[server]\nshutdown_grace = \"1h\"", key: "server.shutdown_grace", says: "0s to 5m"},
	{doc: "[storage]\nengine = \"sqlite\"", key: "storage.engine", says: "bolt, postgres"},
	{doc: "[storage]\nengine = \"postgres\"", key: "storage.url", says: "is not set"},
	{doc: "[storage]\nengine = \"postgres\"\nurl = \"mysql://a:hunter2@db/x\"", key: "storage.url", says: "postgres://"},
	{doc: "[storage]\nurl = \"postgres://a:hunter2@db/x\"", key: "storage.url", says: "engine is bolt"},
	{doc: "[storage]\ndata_dir = \"\"", key: "storage.data_dir", says: "is empty"},
	{doc: "[log]\nlevel = \"loud\"", key: "log.level", says: "debug, info, warn, error"},
	{doc: "[log]\nlevel = \"\"", key: "log.level", says: "debug, info, warn, error"},

	// Mail.
	{doc: "[mail]\nfrom = \"id@example.com\"", key: "mail.from", says: "mail.server is not"},
	{doc: "[mail]\nserver = \"smtp.example.com\"", key: "mail.from", says: "is not set"},
	{doc: "[mail]\nserver = \"smtp://smtp.example.com\"\nfrom = \"id@example.com\"", key: "mail.server", says: "host:port"},
	{doc: "[mail]\nserver = \"smtp.example.com:0\"\nfrom = \"id@example.com\"", key: "mail.server", says: "host:port"},
	{doc: "[mail]\nserver = \"smtp.example.com\"\nfrom = \"nobody\"", key: "mail.from", says: "an address"},
	{doc: "[mail]\nserver = \"smtp.example.com\"\nfrom = \"id@example.com\"\nuser = \"u\"", key: "mail.user", says: "without mail.password"},
	{doc: "[mail]\nserver = \"smtp.example.com\"\nfrom = \"id@example.com\"\ntls = \"off\"", key: "mail.tls", says: "in the open"},
	{doc: "[mail]\nserver = \"localhost\"\nfrom = \"id@example.com\"\ntls = \"off\"\nuser = \"u\"\npassword = \"hunter2\"", key: "mail.tls", says: "in the open"},

	// Secrets.
	{doc: "[storage]\nmaster_key = \"hunter2\"", key: "storage.master_key", says: "too short"},
	{doc: "[storage]\nmaster_key = \"[hidden]\"", key: "storage.master_key", says: "[hidden]"},
	{doc: "[storage]\nmaster_key = \"\"", key: "storage.master_key", says: `got ""`},
	{doc: "[storage]\nmaster_key = 1234567890", key: "storage.master_key", says: "a number"},
	{doc: "[storage]\nmaster_key = [\"hunter2\"]", key: "storage.master_key", says: "something else"},
	{doc: "[storage]\nmaster_key = { value = \"hunter2\" }", key: "storage.master_key", says: "a table with value"},
	{doc: "[storage]\nmaster_key = { file = \"master.key\", env = \"WORKER_SECRET\" }", key: "storage.master_key", says: "env and file"},
	{doc: "[storage]\nmaster_key = { file = 5 }", key: "storage.master_key", says: "a table with file"},
	{doc: "[storage]\nmaster_key = { file = \"absent\" }", key: "storage.master_key", says: "cannot be read"},
	{doc: "[storage]\nmaster_key = { file = \"empty\" }", key: "storage.master_key", says: "is empty"},
	{doc: "[storage]\nmaster_key = { file = \"short\" }", key: "storage.master_key", says: "too short"},
	{doc: "[storage]\nmaster_key = { file = \"big\" }", key: "storage.master_key", says: "64 KiB"},
	{doc: "[storage]\nmaster_key = { env = \"ABSENT\" }", key: "storage.master_key", says: "is not set"},
	{env: []string{"SIGNET_STORAGE_MASTER_KEY=hunter2"}, key: "storage.master_key", says: "too short"},
	{env: []string{"SIGNET_STORAGE_MASTER_KEY_FILE=absent"}, key: "storage.master_key", says: "environment SIGNET_STORAGE_MASTER_KEY_FILE"},
	{env: []string{"SIGNET_STORAGE_MASTER_KEY=" + strong, "SIGNET_STORAGE_MASTER_KEY_FILE=master.key"}, key: "storage.master_key", says: "one of the two"},

	// Clients.
	{doc: "[[client]]\nsecret = \"" + strong + "\"", key: "client[1].id", says: "is not set"},
	{doc: "[[client]]\nid = \"a b\"\nsecret = \"" + strong + "\"", key: "client[1].id", says: "visible ASCII"},
	{doc: clientOK + clientOK, key: "client[2].id", says: "client[1].id has too"},
	{doc: "[[client]]\nid = \"c\"", key: "client[1].secret", says: "is not set"},
	{doc: "[[client]]\nid = \"c\"\nsecret = \"hunter2\"", key: "client[1].secret", says: "too short"},
	{doc: publicOK + "secret = \"" + strong + "\"", key: "client[1].secret", says: "public"},
	{doc: publicOK + "auth_method = \"client_secret_post\"", key: "client[1].auth_method", says: "none"},
	{doc: clientOK + "auth_method = \"basic\"", key: "client[1].auth_method", says: "client_secret_basic"},
	{doc: clientOK + "auth_method = \"private_key_jwt\"", key: "client[1].jwks", says: "is not set"},
	{doc: clientOK + "jwks = \"{}\"", key: "client[1].jwks", says: "JSON Web Key Set"},
	{doc: clientOK + "jwks = \"https://c.example/jwks\"", key: "client[1].jwks", says: "JSON Web Key Set"},
	{doc: clientOK + "jwks = '{\"keys\":[{\"kty\":\"oct\",\"k\":\"hunter2\"}]}'", key: "client[1].jwks", says: "private or secret"},
	{doc: clientOK + "jwks = '{\"keys\":[{\"kty\":\"EC\",\"d\":\"hunter2\"}]}'", key: "client[1].jwks", says: "private or secret"},
	{doc: clientOK + "jwks = '{\"keys\":[{}]}'", key: "client[1].jwks", says: "kty"},
	{doc: clientOK + "grant_types = []", key: "client[1].grant_types", says: "is empty"},
	{doc: clientOK + "grant_types = [\"code\"]", key: "client[1].grant_types", says: "authorization_code"},
	{doc: clientOK + "grant_types = [\"refresh_token\"]", key: "client[1].grant_types", says: "alone"},
	{doc: publicOK + "grant_types = [\"authorization_code\", \"client_credentials\"]", key: "client[1].grant_types", says: "client_credentials"},
	{doc: clientOK + "response_types = [\"id_token\"]", key: "client[1].response_types", says: "needs the grant implicit"},
	{doc: clientOK + "response_types = [\"coed\"]", key: "client[1].response_types", says: "a list of code"},
	{doc: clientOK + "scopes = [\"openid profile\"]", key: "client[1].scopes", says: "one name a list item"},
	{doc: clientOK + "scopes = [\"openid\", \"openid\"]", key: "client[1].scopes", says: "twice"},
	{doc: clientOK + "grant_types = [\"implicit\"]\nresponse_types = [\"code id_token\"]", key: "client[1].response_types", says: "needs the grant authorization_code"},
	{doc: "[[client]]\nid = \"c\"\nsecret = \"" + strong + "\"\ngrant_types = [\"implicit\"]", key: "client[1].redirect_uris", says: "uses implicit"},
	{doc: clientOK + "application_type = \"desktop\"", key: "client[1].application_type", says: "web, native"},
	{doc: clientOK + "default_max_age = 60", key: "client[1].default_max_age", says: "with its unit"},
	{doc: clientOK + "access_lifetime = \"1s\"", key: "client[1].access_lifetime", says: "as tokens.access says"},
	{doc: clientOK + "token_endpoint_auth_method = \"none\"", key: "client[1].token_endpoint_auth_method", says: "did you mean client.auth_method?"},
	{doc: clientOK + "first_party = true", key: "client[1].first_party", says: "did you mean client.trusted?"},
	{doc: clientOK + "access_token = \"paseto\"", key: "client[1].access_token", says: "opaque, jwt"},
	{doc: clientOK + "access_token_alg = \"HS256\"", key: "client[1].access_token_alg", says: "RS256"},
	{doc: clientOK + "id_token_alg = \"none\"", key: "client[1].id_token_alg", says: "RS256"},
	{doc: publicOK + "id_token_alg = \"HS256\"", key: "client[1].id_token_alg", says: "RS256"},
	{doc: "[[client]]\nid = \"c\"\nsecret = \"hunter2-hunter2-hunter2\"", key: "client[1].secret", says: "32"},
	{doc: publicOK + "rotate_refresh = false", key: "client[1].rotate_refresh", says: "public"},
	{doc: "[[client]]\nid = \"c\"\npublic = true\ngrant_types = [\"authorization_code\"]", key: "client[1].redirect_uris", says: "is not set"},

	// Redirect URIs.
	{doc: publicOK + "post_logout_redirect_uris = [\"/home\"]", key: "client[1].post_logout_redirect_uris", says: "absolute"},
	{doc: publicOK + "post_logout_redirect_uris = [\"https://a.example/#f\"]", key: "client[1].post_logout_redirect_uris", says: "fragment"},
	{doc: publicOK + "post_logout_redirect_uris = [\"https://*.a.example/\"]", key: "client[1].post_logout_redirect_uris", says: "wildcard"},
	{doc: publicOK + "post_logout_redirect_uris = [\"http://a.example/\"]", key: "client[1].post_logout_redirect_uris", says: "loopback"},
	{doc: publicOK + "post_logout_redirect_uris = [\"javascript:alert(1)\"]", key: "client[1].post_logout_redirect_uris", says: "scheme"},
	{doc: publicOK + "post_logout_redirect_uris = [\"data:text/html,x\"]", key: "client[1].post_logout_redirect_uris", says: "scheme"},
	{doc: publicOK + "post_logout_redirect_uris = [\"myapp://cb\"]", key: "client[1].post_logout_redirect_uris", says: "scheme"},
	{doc: publicOK + "post_logout_redirect_uris = [\"https:///cb\"]", key: "client[1].post_logout_redirect_uris", says: "host"},
	{doc: publicOK + "post_logout_redirect_uris = [\"https://u:hunter2@a.example/\"]", key: "client[1].post_logout_redirect_uris", says: "user name"},
	{doc: publicOK + "post_logout_redirect_uris = ['https://a.example\\@b.example/']", key: "client[1].post_logout_redirect_uris", says: "absolute"},

	// Users and groups.
	{doc: "[[user]]\nemail = \"a@b.example\"", key: "user[1].name", says: "is not set"},
	{doc: "[[user]]\nname = \"a b\"", key: "user[1].name", says: "without spaces"},
	{doc: userOK + "[[user]]\nname = \"ADA\"", key: "user[2].name", says: "user[1].name has too"},
	{doc: userOK + "email = \"ada\"", key: "user[1].email", says: "e-mail"},
	{doc: userOK + "email = \"Ada <a@b.example>\"", key: "user[1].email", says: "e-mail"},
	{doc: userOK + "email = \"a@b.example\"\n[[user]]\nname = \"b\"\nemail = \"A@b.example\"", key: "user[2].email", says: "user[1].email has too"},
	{doc: userOK + "email_verified = true", key: "user[1].email_verified", says: "without an email"},
	{doc: userOK + "password = \"hunter2\"", key: "user[1].password", says: "too short"},
	{doc: userOK + "password = \"hunter2hunter2\"\npassword_hash = \"$2b$hunter2\"", key: "user[1].password", says: "one of the two"},
	{doc: userOK + "password_hash = \"hunter2hunter2\"", key: "user[1].password_hash", says: "format"},
	{doc: userOK + "password_hash = \"pbkdf2_sha256$hunter2$hunter2$hunter2\"", key: "user[1].password_hash", says: "format"},
	{doc: userOK + "password_hash = \"pbkdf2_sha256$9000000$hunter2$eAfExyR+lE6XbHRoWGaFfLEEDLRp5FY8D3VUXIS6AAg=\"", key: "user[1].password_hash", says: "too much work"},
	{doc: userOK + "groups = [\"a\", \"a\"]", key: "user[1].groups", says: "twice"},
	{doc: "[[group]]\ndescription = \"x\"", key: "group[1].name", says: "is not set"},
	{doc: "[[group]]\nname = \"a\"\nparents = [\"b\", \"A\"]\n[[group]]\nname = \"b\"", key: "group[1].parents", says: "circle"},
	{doc: "[[group]]\nname = \"a\"\n[[group]]\nname = \"a\"", key: "group[2].name", says: "group[1].name has too"},
}

func TestBrokenConfigurations(t *testing.T) {
	for _, b := range brokenConfigs {
		_, err := from(b.doc, b.env, b.flags)
		var all *Error
		if !errors.As(err, &all) {
			t.Errorf("accepted: %q %q %q (%v)", b.doc, b.env, b.flags, err)
			continue
		}
		text := strings.ReplaceAll(err.Error(), "SIGNET_STORAGE_MASTERKEY_FILE=hunter2", "")
		if len(all.Problems) != 1 || all.Problems[0].Key != b.key || !strings.Contains(text, b.says) {
			t.Errorf("%q %q %q: want one problem of %q that says %q, got\n%s", b.doc, b.env, b.flags, b.key, b.says, text)
		}
		if strings.Contains(text, marker) {
			t.Errorf("%q prints a secret: %s", b.doc, text)
		}
		if p := all.Problems[0]; p.Fix == "" || p.Where == "" && !strings.Contains(p.Got, "is not set") {
			t.Errorf("%q: no fix or no place: %s", b.doc, text)
		}
	}
}

// TestWrongTypes gives every setting values of every type; what is not understood must name the key, and what is
// understood must not be a secret in the error.
func TestWrongTypes(t *testing.T) {
	values := []string{`"hunter2"`, `-7`, `7.5`, `true`, `[]`, `["hunter2"]`, `[[1]]`, `{ a = "hunter2" }`, `1979-05-27`}
	refused := 0
	for _, n := range schema.settings(true) {
		section, name, found := strings.Cut(n.key, ".")
		for _, value := range values {
			doc := n.name + " = " + value + "\n"
			if found && schema.child(section).list {
				doc = "[[" + section + "]]\n" + name + " = " + value + "\n"
			} else if found {
				doc = "[" + section + "]\n" + name + " = " + value + "\n"
			}
			_, err := from(doc, nil, nil)
			if err == nil || onlyMissing(err) {
				continue
			}
			refused++
			if !strings.Contains(err.Error(), n.name) {
				t.Errorf("%q does not name the key: %v", doc, err)
			}
			if n.isSecret() && strings.Contains(err.Error(), marker) {
				t.Errorf("%q prints a secret: %v", doc, err)
			}
		}
	}
	if refused < 400 {
		t.Errorf("only %d were refused", refused)
	}
}

// onlyMissing tells that an object was refused for what it lacks, not for what stands in it.
func onlyMissing(err error) bool {
	var all *Error
	errors.As(err, &all)
	for _, p := range all.Problems {
		if !strings.HasPrefix(p.Got, "is not set") {
			return false
		}
	}
	return true
}
