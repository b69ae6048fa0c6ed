package config

import (
	"reflect"
	"slices"
	"sort"
	"strings"

	"signet/provider/spelling"
)

const (
	envPrefix = "SIGNET_"
	fileEnd   = "_FILE"
)

// environment reads SIGNET_… variables. An empty one counts as not set, so that a compose file may pass on what is not
// there. What Kubernetes sets for a service of the name signet is left alone.
func (l *loader) environment() {
	byEnv := map[string]*node{}
	for _, n := range schema.settings(false) {
		byEnv[n.env()] = n
	}
	names := make([]string, 0, len(l.environ))
	for name, value := range l.environ {
		if strings.HasPrefix(name, envPrefix) && value != "" && !foreign(name, l.src.OtherEnv) {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	for _, name := range names {
		l.variable(byEnv, name, l.environ[name])
	}
}

func (l *loader) variable(byEnv map[string]*node, name, value string) {
	if strings.HasPrefix(name, upstreamPrefix) {
		l.upstreamVariable(name, value)
		return
	}
	where := "environment " + name
	if n := byEnv[name]; n != nil {
		l.leaf(n, n.in(l.root()), n.kind().rawOf(value), n.key, where, "")
		return
	}
	n := byEnv[strings.TrimSuffix(name, fileEnd)]
	if n == nil || !n.isSecret() || !strings.HasSuffix(name, fileEnd) {
		l.refuse(name, "environment", Problem{Got: "is not a setting", Fix: suggestEnv(byEnv, name)})
		return
	}
	if l.environ[n.env()] != "" {
		l.refuse(n.key, where, Problem{Got: "is set beside " + n.env(), Allowed: "one of the two", Fix: "unset " + n.env()})
		return
	}
	l.leaf(n, n.in(l.root()), map[string]any{"file": value}, n.key, where, "")
}

// flags reads the command line's settings.
func (l *loader) flags() {
	const where = "command line"
	keys := make([]string, 0, len(l.src.Flags))
	for key := range l.src.Flags {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	for _, key := range keys {
		n := schema.find(key)
		raw := any(l.src.Flags[key])
		if secret := schema.find(strings.TrimSuffix(key, "_file")); n == nil && secret != nil && secret.isSecret() {
			n, raw = secret, map[string]any{"file": raw}
		}
		switch text, isText := raw.(string); {
		case n == nil || !n.isSetting() || !slices.Contains(schema.settings(false), n):
			l.refuse(key, where, Problem{Got: "is not a setting of the command line", Fix: suggest(schema, key)})
		case n.isSecret() && isText:
			l.refuse(key, where, Problem{Got: "a secret on the command line is seen by every process", Fix: "give its file as " + key + "_file"})
		case isText:
			l.leaf(n, n.in(l.root()), n.kind().rawOf(text), key, where, "")
		default:
			l.leaf(n, n.in(l.root()), raw, n.key, where, "")
		}
	}
}

func (l *loader) root() reflect.Value { return reflect.ValueOf(l.config).Elem() }

// foreign tells variables that are somebody else's: the command line's own, and Kubernetes' service links, which a service
// called signet or signet-something puts into every container.
func foreign(name string, others []string) bool {
	if slices.Contains(others, name) {
		return true
	}
	if strings.HasSuffix(name, "_SERVICE_HOST") || strings.Contains(name, "_SERVICE_PORT") {
		return true
	}
	_, after, found := strings.Cut(name, "_PORT")
	return found && (after == "" || strings.HasPrefix(after, "_") && strings.Trim(after[1:2], "0123456789") == "")
}

func suggestEnv(byEnv map[string]*node, name string) string {
	names := make([]string, 0, len(byEnv))
	for known, n := range byEnv {
		names = append(names, known)
		if n.isSecret() {
			names = append(names, known+fileEnd)
		}
	}
	sort.Strings(names)
	if near := spelling.Nearest(name, names); near != "" {
		return "did you mean " + near + "?"
	}
	return "unset it; declared clients, users and groups are written in the file"
}
