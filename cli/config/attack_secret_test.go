package config

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

// secrets are the settings whose values are secret.
func secrets() (all []*node) {
	for _, n := range schema.settings(false) {
		if n.isSecret() {
			all = append(all, n)
		}
	}
	return all
}

// Every secret setting can come from a file, and whatever way it comes, it is nowhere to be seen: not in what is shown of the
// configuration, not in a log, not in anything that prints, and not in what is said of a mistake, in its own value or beside it.
func TestAttack_AP08_SecretsAreNotShown(t *testing.T) {
	if len(secrets()) < 3 {
		t.Fatalf("%d secret settings", len(secrets()))
	}
	url := "postgres://signet:" + strong + "@db/signet"
	for _, n := range secrets() {
		value, file := strong, "master.key"
		if n.key == "storage.url" {
			value, file = url, "database.url"
		}
		table, name, _ := strings.Cut(n.key, ".")
		engine := ""
		if n.key == "storage.url" {
			engine = "[storage]\nengine = \"postgres\"\n"
		}
		line := func(v string) string {
			if engine != "" {
				return engine + name + " = " + v + "\n"
			}
			return "[" + table + "]\n" + name + " = " + v + "\n"
		}
		for way, c := range map[string]struct {
			doc string
			env []string
		}{
			"in the file":                {line(fmt.Sprintf("%q", value)), nil},
			"by a file":                  {line(fmt.Sprintf("{ file = %q }", file)), nil},
			"by the environment":         {engine, []string{n.env() + "=" + value}},
			"by a file of it":            {engine, []string{n.env() + "_FILE=" + file}},
			"with a mistake beside it":   {line(fmt.Sprintf("%q", value)) + "nonsense = true\n", nil},
			"with a mistake in the text": {line(fmt.Sprintf("%q", value)) + "= [\n", nil},
			"as a list":                  {line(fmt.Sprintf("[%q]", value)), nil},
			"as another table":           {line(fmt.Sprintf("{ fil = %q }", value)), nil},
			"as the name of a file":      {line(fmt.Sprintf("{ env = %q }", value)), nil},
			"without its end":            {line("\"" + value), nil},
			"unusable":                   {line(fmt.Sprintf("%q", "://"+value+" \\n%zz")), nil},
			"twice":                      {line(fmt.Sprintf("%q", value)), []string{n.env() + "=" + value, n.env() + "_FILE=" + file}},
		} {
			cfg, err := from(c.doc, c.env, nil)
			var said strings.Builder
			fmt.Fprintf(&said, "%v %+v %#v %s %q", err, err, err, err, err)
			if cfg != nil {
				for _, format := range []string{"text", "json"} {
					for _, sources := range []bool{false, true} {
						text, _ := cfg.Show(format, sources)
						said.WriteString(text)
					}
				}
				fmt.Fprintf(&said, "%v %+v %#v", *cfg, *cfg, *cfg)
				slog.New(slog.NewJSONHandler(&said, nil)).Info("x", "config", cfg, "storage", cfg.Storage, "url", cfg.Storage.URL)
				raw, _ := json.Marshal(cfg.Storage)
				said.Write(raw)
			}
			if i := strings.Index(said.String(), marker); i >= 0 {
				text := said.String()
				t.Errorf("%s, %s: …%s…", n.key, way, text[max(0, i-80):min(len(text), i+40)])
			}
		}
	}
}
