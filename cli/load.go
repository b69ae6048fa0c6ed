package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"signet/cli/config"
)

// load reads the configuration: file, environment, flags. Without --config, signet.toml of the data directory is read if it
// is there.
func (p *program) load() (*config.Config, error) {
	flags, err := p.flagSettings()
	if err != nil {
		return nil, err
	}
	cfg, err := config.Load(config.Sources{
		File:     p.configPath(flags),
		Environ:  os.Environ(),
		OtherEnv: []string{"SIGNET_CONFIG"},
		Flags:    flags,
	})
	if err != nil {
		return nil, err
	}
	return cfg, cfg.Refuse(slices.Concat(checkClients(cfg), checkBranding(cfg), checkUpstreams(cfg), checkAttributes(cfg)))
}

func (p *program) flagSettings() (map[string]string, error) {
	flags := map[string]string{}
	for _, pair := range p.overrides {
		key, value, ok := strings.Cut(pair, "=")
		if !ok {
			return nil, usage("--set %q, want key=value", pair)
		}
		flags[key] = value
	}
	if p.dataDir != "" {
		flags["storage.data_dir"] = p.dataDir
	}
	return flags, nil
}

func (p *program) configPath(flags map[string]string) string {
	if p.configFile != "" {
		return p.configFile
	}
	for _, dir := range []string{flags["storage.data_dir"], "."} {
		path := filepath.Join(dir, "signet.toml")
		if _, err := os.Stat(path); dir != "" && err == nil {
			return path
		}
	}
	return ""
}
