package config

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestEveryFieldIsDocumented(t *testing.T) {
	var visit func(n *node)
	visit = func(n *node) {
		for _, c := range n.children {
			if doc := c.doc(); doc == "" || !strings.HasSuffix(doc, ".") {
				t.Errorf("%s: doc %q is no sentence", c.key, doc)
			}
			if c.name == "" || c.name != strings.ToLower(c.name) || strings.ContainsAny(c.name, ".- ") {
				t.Errorf("%s: name %q", c.key, c.name)
			}
			if c.isSetting() && !c.isSecret() && c.tag.Get("min") != "" != (c.tag.Get("max") != "") {
				t.Errorf("%s: min and max go together", c.key)
			}
			visit(c)
		}
	}
	visit(schema)
}

// TestTags lets no default, limit or example be one that Load would refuse.
func TestTags(t *testing.T) {
	for _, n := range schema.settings(true) {
		for _, tag := range []string{"default", "min", "max"} {
			if text, ok := n.tag.Lookup(tag); ok {
				v, parsed := n.parse(text)
				if !parsed {
					t.Errorf("%s: %s %q cannot be read", n.key, tag, text)
				} else if !n.within(reflect.ValueOf(v)) || !n.listed(reflect.ValueOf(v)) {
					t.Errorf("%s: %s %q is out of bounds", n.key, tag, text)
				}
			}
		}
	}
}

func TestEnvironmentNamesAreUnique(t *testing.T) {
	owner := map[string]string{}
	for _, n := range schema.settings(false) {
		names := []string{n.env()}
		if n.isSecret() {
			names = append(names, n.env()+fileEnd)
		}
		for _, name := range names {
			if owner[name] != "" || foreign(name, nil) {
				t.Errorf("%s belongs to %s and to %q", name, n.key, owner[name])
			}
			owner[name] = n.key
		}
	}
	if owner["SIGNET_TOKENS_ACCESS"] != "tokens.access" || owner["SIGNET_STORAGE_URL_FILE"] != "storage.url" {
		t.Errorf("names: %v", owner)
	}
}

func TestRestartKeys(t *testing.T) {
	var keys []string
	for _, n := range schema.settings(true) {
		if n.restart() {
			keys = append(keys, n.key)
		}
	}
	want := []string{"issuer", "server.listen", "server.tls", "server.tls_min", "server.metrics_listen", "storage.data_dir", "storage.engine", "storage.url", "storage.master_key", "log.format"}
	if diff := cmp.Diff(want, keys); diff != "" {
		t.Error(diff)
	}
}

func TestDurations(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0": 0, "0s": 0, "60s": time.Minute, "1h30m": 90 * time.Minute, "30d": 30 * day, "1d12h": 36 * time.Hour, "250ms": 250 * time.Millisecond,
	} {
		d, ok := ParseDuration(text)
		if !ok || d != want {
			t.Errorf("ParseDuration(%q) = %v, %v", text, d, ok)
		}
		if back, ok := ParseDuration(FormatDuration(d)); !ok || back != d {
			t.Errorf("%q is written %q and read %v", text, FormatDuration(d), back)
		}
	}
	for _, text := range []string{"", "5", "d", "1.5d", "-1h", "+1h", "1h1d", "1d 2h", "36501d", "99999999999999d", "9000000h", "1w"} {
		if d, ok := ParseDuration(text); ok {
			t.Errorf("ParseDuration(%q) = %v", text, d)
		}
	}
	for d, want := range map[time.Duration]string{0: "0s", 90 * time.Minute: "1h30m", 24 * time.Hour: "1d", 36 * time.Hour: "1d12h", 10 * time.Second: "10s", time.Hour: "1h"} {
		if got := FormatDuration(d); got != want {
			t.Errorf("FormatDuration(%v) = %q, want %q", d, got, want)
		}
	}
}

func TestSizes(t *testing.T) {
	for text, want := range map[string]Size{"0B": 0, "512B": 512, "64KiB": 64 << 10, "4GiB": 4 << 30} {
		if got, ok := ParseSize(text); !ok || got != want || got.String() != text {
			t.Errorf("ParseSize(%q) = %v, %v", text, got, ok)
		}
	}
	for _, text := range []string{"", "B", "1", "1k", "1KB", "-1B", "+1B", "1.5MiB", "9999999999GiB"} {
		if got, ok := ParseSize(text); ok {
			t.Errorf("ParseSize(%q) = %v", text, got)
		}
	}
}

func TestSecretsAreNeverPrinted(t *testing.T) {
	s := NewSecret(marker)
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "secret", s, "in", struct{ S Secret }{s})
	asJSON, err := json.Marshal(struct{ S Secret }{s})
	if err != nil {
		t.Fatal(err)
	}
	holder := struct{ S *Secret }{&s}
	for _, text := range []string{
		log.String(), string(asJSON), s.String(), fmt.Sprint(s), fmt.Sprintf("%v %+v %#v %s %q %x %d", s, s, s, s, s, s, s),
		fmt.Sprintf("%v %+v %#v", struct{ S Secret }{s}, []Secret{s}, map[string]Secret{"a": s}), fmt.Sprintf("%+v", *holder.S),
	} {
		if strings.Contains(text, marker) || strings.Contains(text, fmt.Sprintf("%x", marker)) {
			t.Errorf("printed: %s", text)
		}
	}
	if s.Reveal() != marker || s.String() != "[hidden]" || (Secret{}).String() != "" {
		t.Errorf("String is %q and %q", s, Secret{})
	}
}

func TestLineIndex(t *testing.T) {
	doc := "\ufeff# [not]\na = 1\n\n[b] # c\nc.d = '''\n[x]\ny = 1'''\ne = [ # ]\n  1, \"]\",\n]\n[[f]]\ng = \"\\\"#\"\r\n[[f]]\n\"g\" = \"\"\n[f.h]\ni = { j = 1 }\nk = \"\"\"a\"\"\"\"\"\nl = 1\n"
	want := map[string]int{
		"a": 2, "b": 4, "b.c": 5, "b.c.d": 5, "b.e": 8, "f[1]": 11, "f[1].g": 12, "f[2]": 13, "f[2].g": 14,
		"f[2].h": 15, "f[2].h.i": 16, "f[2].h.k": 17, "f[2].h.l": 18,
	}
	if diff := cmp.Diff(want, lineIndex(doc)); diff != "" {
		t.Error(diff)
	}
}
