package config

import (
	"crypto/tls"
	"crypto/x509"
	"reflect"
	"strings"
)

// maxSecret is the largest file that is taken for a secret.
const maxSecret = 64 << 10

// resolveAll reads the secrets that stand in files and variables. It comes last, so that a file that is overridden need
// not be there.
func (l *loader) resolveAll() {
	l.eachSetting(func(n *node, v reflect.Value, key string) {
		if s, ok := v.Interface().(Secret); ok && s.value == "" && (s.file != "" || s.env != "") {
			l.resolve(&s, n, key)
			v.Set(reflect.ValueOf(s))
		}
	})
}

// notSet tells of a variable that is not set. What cannot be a name may be the secret itself, and is not told.
func notSet(name string) Problem {
	if strings.ContainsFunc(name, func(r rune) bool {
		return r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	}) {
		return Problem{Got: "what env names is no variable", Allowed: "letters, digits and _", Fix: "name the variable that holds the secret, not the secret"}
	}
	return Problem{Got: "the variable " + quote(name) + " is not set", Fix: "set " + name + " or name another"}
}

func (l *loader) resolve(s *Secret, n *node, key string) {
	where := l.config.origins[key]
	if s.env != "" {
		if s.value = l.environ[s.env]; s.value == "" {
			l.refuse(key, where, notSet(s.env))
		}
		return
	}
	data, err := l.src.ReadFile(s.file)
	if err == nil {
		s.value = strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r")
	}
	switch {
	case err != nil:
		l.refuse(key, where, Problem{Got: "the file " + quote(s.file) + " cannot be read: " + reason(err), Fix: "create it, readable by the user that runs signet"})
	case s.value == "":
		l.refuse(key, where, Problem{Got: "the file " + quote(s.file) + " is empty", Fix: "put the secret into it"})
	case len(data) > maxSecret:
		l.refuse(key, where, Problem{Got: "the file " + quote(s.file) + " is larger than 64 KiB", Fix: "name the file that holds " + n.name + " alone"})
	}
}

// eachSetting visits every setting of the configuration, those of declared objects with it.
func (l *loader) eachSetting(visit func(n *node, v reflect.Value, key string)) {
	walk(schema, l.root(), "", visit)
}

// walk visits the settings below n in v, in order.
func walk(n *node, v reflect.Value, prefix string, visit func(n *node, v reflect.Value, key string)) {
	for _, c := range n.children {
		field, key := v.Field(c.field), prefix+c.name
		switch {
		case c.isSetting():
			visit(c, field, key)
		case c.list:
			for i := range field.Len() {
				walk(c, field.Index(i), element(key, i+1)+".", visit)
			}
		default:
			walk(c, field, key+".", visit)
		}
	}
}

// readDocuments looks at the certificates, so that a wrong file is told before a listener opens.
func (l *loader) readDocuments() {
	l.readAuthorities()
	s := l.config.Server
	if s.TLS != "files" || s.CertFile == "" || s.KeyFile == "" {
		return
	}
	cert, ok := l.readable("server.cert_file", s.CertFile)
	key, ok2 := l.readable("server.key_file", s.KeyFile)
	if !ok || !ok2 {
		return
	}
	if _, err := tls.X509KeyPair(cert, key); err != nil {
		l.refuse("server.cert_file", l.config.origins["server.cert_file"], Problem{
			Got: "certificate and key do not make a pair", Allowed: "PEM files of one certificate chain and its key",
			Fix: "compare " + quote(s.CertFile) + " with " + quote(s.KeyFile)})
	}
}

func (l *loader) readAuthorities() {
	path := l.config.Outbound.CAFile
	if path == "" {
		return
	}
	if data, ok := l.readable("outbound.ca_file", path); ok && !x509.NewCertPool().AppendCertsFromPEM(data) {
		l.refuse("outbound.ca_file", l.config.origins["outbound.ca_file"], Problem{
			Got: "the file " + quote(path) + " has no certificate", Allowed: "PEM certificates", Fix: "name the file with the certificates of your authority"})
	}
}

func (l *loader) readable(key, path string) ([]byte, bool) {
	data, err := l.src.ReadFile(path)
	if err != nil {
		l.refuse(key, l.config.origins[key], Problem{Got: "the file " + quote(path) + " cannot be read: " + reason(err), Fix: "name a file readable by the user that runs signet"})
	}
	return data, err == nil
}
