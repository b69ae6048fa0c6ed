package config

import "reflect"

// Keep makes a configuration that was read again fit for a running server: keys that need a restart get the values that
// they have in the running one. It returns those that differed. Everything else may be taken over.
func Keep(running, read *Config) (restart []string) {
	for _, key := range Changed(running, read) {
		if n := schema.find(key); n != nil && n.restart() {
			restart = append(restart, key)
		}
	}
	from, to := reflect.ValueOf(running).Elem(), reflect.ValueOf(read).Elem()
	for _, n := range schema.settings(false) {
		if n.restart() {
			n.in(to).Set(n.in(from))
		}
	}
	return restart
}

// Changed returns the keys that differ, in the order of the reference: settings by their key, declared objects as "client",
// "user", "group" or "software_issuer".
func Changed(a, b *Config) (keys []string) {
	va, vb := reflect.ValueOf(a).Elem(), reflect.ValueOf(b).Elem()
	for _, n := range schema.children {
		if n.list && !reflect.DeepEqual(va.Field(n.field).Interface(), vb.Field(n.field).Interface()) {
			keys = append(keys, n.key)
		}
	}
	settings := make([]string, 0, len(keys))
	for _, n := range schema.settings(false) {
		if !reflect.DeepEqual(n.in(va).Interface(), n.in(vb).Interface()) {
			settings = append(settings, n.key)
		}
	}
	return append(settings, keys...)
}
