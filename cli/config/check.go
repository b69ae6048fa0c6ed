package config

import (
	"net"
	"net/url"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// rules judge settings that have their type already. Each knows one subject.
var rules = []func(*loader){
	(*loader).checkRanges,
	(*loader).checkListeners,
	(*loader).checkIssuer,
	(*loader).checkName,
	(*loader).checkTLS,
	(*loader).checkProxies,
	(*loader).checkDomains,
	(*loader).checkRegistration,
	(*loader).checkMail,
	(*loader).checkLogin,
	(*loader).checkSignUp,
	(*loader).checkOutbound,
	(*loader).checkStorage,
	(*loader).checkTokens,
	(*loader).checkKeys,
	(*loader).checkClients,
	(*loader).checkUsers,
	(*loader).checkGroups,
}

// Check judges a configuration that the program made itself, as Load does with one it has read. Its error is an *Error.
func (c *Config) Check() error {
	if c.origins == nil {
		c.origins = map[string]string{}
	}
	l := &loader{config: c, failed: map[string]bool{}}
	l.check()
	return asError(l.problems)
}

// Default is the configuration of a server that was told nothing.
func Default() *Config {
	c := &Config{origins: map[string]string{}}
	l := &loader{config: c}
	l.defaults(schema, reflect.ValueOf(c).Elem(), "")
	c.derive()
	return c
}

func (l *loader) check() {
	for _, rule := range rules {
		rule(l)
	}
}

// wrong notes a problem unless one of the keys it is about has one already: what stands there then is not what was meant.
func (l *loader) wrong(key string, p Problem, also ...string) {
	if l.failed[key] || slices.ContainsFunc(also, func(k string) bool { return l.failed[k] }) {
		return
	}
	where := l.origin(key)
	for i := 0; where == "" && i < len(also); i++ {
		where = l.origin(also[i])
	}
	l.refuse(key, where, p)
}

// origin is where a setting was written; of a member that an object leaves out, where the object begins; else "".
func (l *loader) origin(key string) string {
	switch o := l.config.origins[key]; {
	case o != byDefault && o != derived:
		return o
	case strings.Contains(key, "[") && l.lines != nil:
		return l.at(key)
	}
	return ""
}

// checkRanges holds every setting to its min, max and enum tags. What is derived is as good as what it is derived from.
func (l *loader) checkRanges() {
	l.eachSetting(func(n *node, v reflect.Value, key string) {
		if n.within(v) && n.listed(v) || l.config.origins[key] == derived {
			return
		}
		l.wrong(key, Problem{Got: "got " + describePlain(n.kind().plain(v.Interface())), Allowed: n.allowed(), Fix: "write " + n.name + " = " + n.example()})
	})
}

// within judges min, max and zero.
func (n *node) within(v reflect.Value) bool {
	lo, bounded := n.tag.Lookup("min")
	if !bounded || v.IsZero() && n.tag.Get("zero") != "" {
		return true
	}
	least, _ := n.parse(lo)
	most, _ := n.parse(n.tag.Get("max"))
	return v.Int() >= reflect.ValueOf(least).Int() && v.Int() <= reflect.ValueOf(most).Int()
}

// listed judges enum; an empty text is a setting left out, where there is no default.
func (n *node) listed(v reflect.Value) bool {
	allowed := n.enum()
	if allowed == nil {
		return true
	}
	values, isList := v.Interface().([]string)
	if !isList {
		values = []string{v.String()}
	}
	_, always := n.tag.Lookup("default")
	for _, value := range values {
		if (value != "" || always) && !slices.Contains(allowed, value) {
			return false
		}
	}
	return true
}

func describePlain(plain any) string {
	switch p := plain.(type) {
	case string:
		return shorten(p)
	case []string:
		return shorten(strings.Join(p, ", "))
	case int:
		return strconv.Itoa(p)
	}
	return "nothing"
}

func (l *loader) checkName() {
	if name := l.config.Name; !isLine(name, 64) {
		l.wrong("name", Problem{Got: "got " + shorten(name), Allowed: "1 to 64 characters on one line", Fix: `write name = "Signet"`})
	}
}

// isLine tells a text of 1 to most characters without control characters.
func isLine(s string, most int) bool {
	n := len([]rune(s))
	return n > 0 && n <= most && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\u2028' })
}

func (l *loader) checkListeners() {
	s := l.config.Server
	const form = "host:port, :port or unix:/path"
	if !isAddress(s.Listen) {
		l.wrong("server.listen", Problem{Got: "got " + shorten(s.Listen), Allowed: form, Fix: `write listen = "127.0.0.1:8080"`})
	}
	switch {
	case s.MetricsListen == "off":
	case !isAddress(s.MetricsListen):
		l.wrong("server.metrics_listen", Problem{Got: "got " + shorten(s.MetricsListen), Allowed: form + ", or off", Fix: `write metrics_listen = "127.0.0.1:9090"`})
	case s.MetricsListen == s.Listen:
		l.wrong("server.metrics_listen", Problem{Got: "is the public address too", Allowed: "an address of its own", Fix: `write metrics_listen = "127.0.0.1:9090"`}, "server.listen")
	}
}

func isAddress(s string) bool {
	if path, found := strings.CutPrefix(s, "unix:"); found {
		return filepath.IsAbs(path)
	}
	host, port, err := net.SplitHostPort(s)
	if err != nil || strings.ContainsAny(host, " /") {
		return false
	}
	_, err = strconv.ParseUint(port, 10, 16)
	return err == nil
}

func (l *loader) checkTLS() {
	s := l.config.Server
	if s.TLS != "files" {
		for key, value := range map[string]string{"server.cert_file": s.CertFile, "server.key_file": s.KeyFile} {
			if value != "" {
				l.wrong(key, Problem{Got: "is set while server.tls is off", Fix: `write tls = "files", or remove it`}, "server.tls")
			}
		}
		return
	}
	for key, value := range map[string]string{"server.cert_file": s.CertFile, "server.key_file": s.KeyFile} {
		if value == "" {
			l.wrong(key, Problem{Got: "is not set while server.tls is files", Allowed: "path of a PEM file", Fix: "name the file"}, "server.tls")
		}
	}
}

func (l *loader) checkProxies() {
	for _, p := range l.config.Server.TrustedProxies {
		if p.Bits() == 0 {
			l.wrong("server.trusted_proxies", Problem{Got: "got " + p.String() + ", which lets everybody choose an address", Allowed: "networks of your own proxies", Fix: "name the proxies' addresses"})
		}
	}
}

func (l *loader) checkOutbound() {
	for _, p := range l.config.Outbound.AllowPrivate {
		if p.Bits() == 0 {
			l.wrong("outbound.allow_private", Problem{Got: "got " + p.String() + ", which is every address", Allowed: "networks of your own", Fix: "name the networks in which your clients are"})
		}
	}
}

func (l *loader) checkDomains() {
	for _, domain := range l.config.Server.WebFingerDomains {
		if u, err := url.Parse("https://" + domain); err != nil || u.Host != domain || u.Port() != "" || domain != strings.ToLower(domain) || domain == "" {
			l.wrong("server.webfinger_domains", Problem{Got: "got " + shorten(domain), Allowed: "names of domains in small letters, such as example.com", Fix: `write webfinger_domains = ["example.com"]`})
		}
	}
}

func (l *loader) checkStorage() {
	s := l.config.Storage
	address := s.URL.Reveal()
	isURL := strings.HasPrefix(address, "postgres://") || strings.HasPrefix(address, "postgresql://")
	switch {
	case s.Engine == "postgres" && address == "":
		l.wrong("storage.url", Problem{Got: "is not set while storage.engine is postgres", Allowed: "postgres://user:password@host/database", Fix: `write url = { file = "/path/of/the/url" }`}, "storage.engine")
	case s.Engine == "postgres" && !isURL:
		l.wrong("storage.url", Problem{Got: "is not a URL of PostgreSQL", Allowed: "postgres://user:password@host/database", Fix: "begin it with postgres://"}, "storage.engine")
	case s.Engine == "bolt" && address != "":
		l.wrong("storage.url", Problem{Got: "is set while storage.engine is bolt", Fix: `write engine = "postgres", or remove it`}, "storage.engine")
	}
	if s.DataDir == "" {
		l.wrong("storage.data_dir", Problem{Got: "is empty", Allowed: "path of a directory", Fix: `write data_dir = "/var/lib/signet"`})
	}
	if s.MasterKey.IsSet() && len(s.MasterKey.Reveal()) < 32 {
		l.wrong("storage.master_key", Problem{Got: "is too short", Allowed: "at least 32 characters", Fix: "make one with: openssl rand -base64 32"})
	}
}

func (l *loader) checkTokens() {
	t, s := l.config.Tokens, l.config.Sessions
	l.notLonger("tokens.refresh_idle", t.RefreshIdle, "tokens.refresh_max", t.RefreshMax)
	l.notLonger("sessions.idle", s.Idle, "sessions.max", s.Max)
}

func (l *loader) checkKeys() {
	k, t := l.config.Keys, l.config.Tokens
	if k.Period > 0 && k.Lead >= k.Period {
		l.wrong("keys.lead", Problem{
			Got:     "got " + FormatDuration(k.Lead) + ", not shorter than keys.period (" + FormatDuration(k.Period) + ")",
			Allowed: "less than keys.period", Fix: "shorten it, or lengthen keys.period"}, "keys.period")
	}
	l.notLonger("tokens.id", t.ID, "keys.retain", k.Retain)
	l.notLonger("tokens.access", t.Access, "keys.retain", k.Retain)
}

// notLonger demands that one duration fits into another.
func (l *loader) notLonger(key string, d time.Duration, within string, most time.Duration) {
	if d <= most {
		return
	}
	l.wrong(key, Problem{
		Got:     "got " + FormatDuration(d) + ", longer than " + within + " (" + FormatDuration(most) + ")",
		Allowed: "at most " + within, Fix: "shorten it, or lengthen " + within}, within)
}
