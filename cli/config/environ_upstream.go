package config

import (
	"reflect"
	"slices"
	"strings"
)

// upstreamPrefix begins the variables of upstream providers: SIGNET_UPSTREAM_GITHUB_CLIENT_ID is client_id of the one called github,
// which is there from then on if the file has none of that name.
const upstreamPrefix = envPrefix + "UPSTREAM_"

// upstreamSettings are the settings that a variable may be, by its end.
var upstreamSettings = []string{"client_id", "client_secret", "issuer", "key_id", "private_key"}

// upstreamParams are the members of params that a variable may be.
var upstreamParams = []string{"tenant", "region", "pool", "domain", "realm", "team"}

// upstreamVariable reads one variable of an upstream.
func (l *loader) upstreamVariable(name, value string) {
	where := "environment " + name
	rest := strings.TrimPrefix(name, upstreamPrefix)
	for _, setting := range upstreamSettings {
		n := schema.child("upstream").child(setting)
		if id, ok := strings.CutSuffix(rest, "_"+strings.ToUpper(setting)+fileEnd); ok && id != "" && n.isSecret() {
			if l.environ[strings.TrimSuffix(name, fileEnd)] != "" {
				l.refuse(name, "environment", Problem{Got: "is set beside " + strings.TrimSuffix(name, fileEnd), Allowed: "one of the two", Fix: "unset one of them"})
				return
			}
			at, key := l.upstreamOf(id, where)
			l.leaf(n, at.Field(n.field), map[string]any{"file": value}, key+setting, where, "")
			return
		}
		if id, ok := strings.CutSuffix(rest, "_"+strings.ToUpper(setting)); ok && id != "" {
			at, key := l.upstreamOf(id, where)
			l.leaf(n, at.Field(n.field), value, key+setting, where, "")
			return
		}
	}
	for _, param := range upstreamParams {
		if id, ok := strings.CutSuffix(rest, "_"+strings.ToUpper(param)); ok && id != "" {
			at, key := l.upstreamOf(id, where)
			params := at.Field(schema.child("upstream").child("params").field)
			if params.IsNil() {
				params.Set(reflect.ValueOf(map[string]string{}))
			}
			params.SetMapIndex(reflect.ValueOf(param), reflect.ValueOf(value))
			l.config.origins[key+"params"] = where
			return
		}
	}
	l.refuse(name, "environment", Problem{
		Got: "is not a setting of an upstream", Allowed: upstreamPrefix + "NAME_ and " + strings.ToUpper(strings.Join(slices.Concat(upstreamSettings, upstreamParams), ", ")),
		Fix: "write other settings into the file, below [[upstream]]",
	})
}

// upstreamOf is the object that a variable belongs to, and the beginning of its keys. X_OAUTH2 stands for x-oauth2.
func (l *loader) upstreamOf(name, where string) (at reflect.Value, key string) {
	id := strings.ToLower(strings.ReplaceAll(name, "_", "-"))
	list := &l.config.Upstreams
	i := slices.IndexFunc(*list, func(u Upstream) bool { return u.ID == id || u.ID == "" && u.Preset == id })
	if i < 0 {
		i = len(*list)
		*list = append(*list, Upstream{})
		n, prefix := schema.child("upstream"), element("upstream", i+1)+"."
		l.defaults(n, reflect.ValueOf(list).Elem().Index(i), prefix)
		(*list)[i].ID, (*list)[i].Preset = id, id
		l.config.origins[prefix+"id"], l.config.origins[prefix+"preset"] = where, where
	}
	return reflect.ValueOf(list).Elem().Index(i), element("upstream", i+1) + "."
}
