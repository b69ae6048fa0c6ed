package cli

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"signet/provider/upstream"
)

func (p *program) upstreamCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "upstream", Short: "Other providers that people sign in with", Long: "Other providers that people sign in with. They are configured as [[upstream]], or by SIGNET_UPSTREAM_… variables."}
	cmd.AddCommand(p.upstreamPresets(), p.upstreamList(), p.upstreamShow(), p.upstreamCallback(), p.upstreamTest())
	return cmd
}

// preset is a row of the table as it is shown.
type preset struct {
	Name       string            `json:"preset"`
	Protocol   string            `json:"protocol"`
	Scopes     []string          `json:"scopes,omitempty"`
	Required   []string          `json:"required_params,omitempty"`
	Optional   map[string]string `json:"optional_params,omitempty"`
	Verified   string            `json:"email_verified"`
	Audience   string            `json:"audience"`
	RegisterAt string            `json:"register_at,omitempty"`
	Traps      []string          `json:"traps,omitempty"`
}

func presetOf(row upstream.Preset) preset {
	return preset{
		Name: row.Preset, Protocol: row.Protocol, Scopes: row.Scopes, Required: row.Required, Optional: row.Optional, Verified: row.EmailVerified, Audience: row.Audience,
		RegisterAt: row.RegisterAt, Traps: row.Traps,
	}
}

func (p *program) upstreamPresets() *cobra.Command {
	return &cobra.Command{
		Use: "presets [NAME]", Short: "List the known providers, or tell what there is to know of one", Args: cobra.MaximumNArgs(1), Example: "  signet upstream presets apple",
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return presetNames(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 {
				return p.showPreset(args[0])
			}
			var all []preset
			var rows [][]string
			for _, row := range upstream.Presets() {
				all = append(all, presetOf(row))
				rows = append(rows, []string{row.Preset, row.Protocol, words(row.Required), row.EmailVerified, row.Audience, row.RegisterAt})
			}
			return p.table(all, []string{"preset", "protocol", "needs", "e-mail verified", "access tokens", "register at"}, rows)
		},
	}
}

func (p *program) showPreset(name string) error {
	row, ok := upstream.FindPreset(name)
	if !ok {
		return usage("there is no preset %q; signet upstream presets lists them", name)
	}
	facts := []fact{
		{"preset", row.Preset}, {"protocol", row.Protocol}, {"name", row.Name}, {"issuer", row.Issuer}, {"scopes", words(row.Scopes)}, {"client auth", row.ClientAuth}, {"pkce", row.PKCE},
		{"needs", words(row.Required)}, {"e-mail verified", row.EmailVerified}, {"access tokens", row.Audience}, {"register at", row.RegisterAt},
	}
	for _, param := range slices.Sorted(maps.Keys(row.Optional)) {
		facts = append(facts, fact{"params." + param, row.Optional[param]})
	}
	for _, trap := range row.Traps {
		facts = append(facts, fact{"note", trap})
	}
	return p.facts(presetOf(row), facts...)
}

// upstreamState is a source as it is shown.
type upstreamState struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Preset   string `json:"preset,omitempty"`
	Protocol string `json:"protocol"`
	Issuer   string `json:"issuer,omitempty"`
	ClientID string `json:"client_id"`
	Disabled bool   `json:"disabled"`
	Callback string `json:"callback,omitempty"`
}

func stateOf(s *upstream.Source, u *upstream.Upstreams) upstreamState {
	state := upstreamState{ID: s.ID, Name: s.Name, Preset: s.Preset, Protocol: s.Protocol, Issuer: s.Issuer, ClientID: s.ClientID, Disabled: s.Disabled}
	if s.Protocol != upstream.LDAP { // which sends nobody back
		state.Callback = u.Callback(s.ID)
	}
	return state
}

func (p *program) upstreamList() *cobra.Command {
	return &cobra.Command{Use: "list", Short: "List the configured providers", Args: cobra.NoArgs, RunE: func(*cobra.Command, []string) error {
		cfg, u, err := p.upstreams()
		if err != nil {
			return err
		}
		all, rows := []upstreamState{}, [][]string{}
		for _, c := range cfg.Upstreams {
			s, _ := upstream.Complete(sourceOf(c))
			state := stateOf(s, u)
			all = append(all, state)
			rows = append(rows, []string{state.ID, state.Name, state.Protocol, yes(!state.Disabled), state.Callback})
		}
		return p.table(all, []string{"id", "name", "protocol", "enabled", "callback address"}, rows)
	}}
}

// upstreamNames completes ids.
func (p *program) upstreamNames(*cobra.Command, []string, string) (names []string, _ cobra.ShellCompDirective) {
	if cfg, err := p.load(); err == nil {
		for _, c := range cfg.Upstreams {
			names = append(names, c.ID)
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

func (p *program) upstreamShow() *cobra.Command {
	return &cobra.Command{Use: "show ID", Short: "Show a configured provider, with what its preset adds", Args: cobra.ExactArgs(1), ValidArgsFunction: p.upstreamNames, RunE: func(_ *cobra.Command, args []string) error {
		cfg, u, err := p.upstreams()
		if err != nil {
			return err
		}
		for _, c := range cfg.Upstreams {
			if c.ID != args[0] {
				continue
			}
			s, _ := upstream.Complete(sourceOf(c))
			return p.facts(stateOf(s, u),
				fact{"id", s.ID}, fact{"name", s.Name}, fact{"preset", s.Preset}, fact{"protocol", s.Protocol}, fact{"disabled", yes(s.Disabled)}, fact{"issuer", s.Issuer},
				fact{"client id", s.ClientID}, fact{"client auth", s.ClientAuth}, fact{"pkce", s.PKCE}, fact{"scopes", words(s.Scopes)},
				fact{"authorization endpoint", s.AuthorizationEndpoint}, fact{"token endpoint", s.TokenEndpoint}, fact{"userinfo endpoint", s.UserInfoEndpoint},
				fact{"server", s.Directory.Server}, fact{"base", s.Directory.BaseDN}, fact{"filter", s.Directory.Filter}, fact{"user", s.Directory.UserDN}, fact{"searches as", s.Directory.BindDN},
				fact{"subject", s.SubjectPath}, fact{"e-mail", s.EmailPath}, fact{"e-mail verified", s.EmailVerified}, fact{"e-mail domains", words(s.EmailDomains)}, fact{"claims", pairsOf(s.Claims)},
				fact{"access tokens", s.Audience}, fact{"new people", s.OnNew}, fact{"callback address", stateOf(s, u).Callback})
		}
		return usage("there is no upstream %q; signet upstream list lists them", args[0])
	}}
}

// pairsOf shows a table of texts in one line.
func pairsOf(m map[string]string) string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(m)) {
		list = append(list, name+"="+m[name])
	}
	return strings.Join(list, " ")
}

func (p *program) upstreamCallback() *cobra.Command {
	return &cobra.Command{
		Use: "callback ID", Short: "Print the callback address to register at a provider, and where to register", Args: cobra.ExactArgs(1), ValidArgsFunction: p.upstreamNames,
		Long: "Print the callback address to register at a provider, and the page where applications are registered there. ID may be a configured upstream, or a preset that is not configured yet.",
		RunE: func(_ *cobra.Command, args []string) error {
			_, u, err := p.upstreams()
			if err != nil {
				return err
			}
			report, err := u.Describe(args[0])
			if err != nil {
				row, ok := upstream.FindPreset(args[0])
				if !ok {
					return usage("there is no upstream and no preset %q; signet upstream list and signet upstream presets list them", args[0])
				}
				report = &upstream.Report{Source: args[0], Callback: u.Callback(args[0]), RegisterAt: row.RegisterAt}
			}
			return p.facts(report, fact{"callback address", report.Callback}, fact{"back-channel logout", report.Logout}, fact{"register at", report.RegisterAt})
		},
	}
}

func (p *program) upstreamTest() *cobra.Command {
	return &cobra.Command{
		Use: "test ID", Short: "Ask a configured provider, as far as that goes without a person", Args: cobra.ExactArgs(1), ValidArgsFunction: p.upstreamNames,
		Long: "Ask a configured provider whether its metadata and keys are there, whether it knows this server and its secret, and whether the clocks agree. It works for a disabled one too.",
		RunE: func(cmd *cobra.Command, args []string) error {
			_, u, err := p.upstreams()
			if err != nil {
				return err
			}
			report, err := u.Test(cmd.Context(), args[0])
			if err != nil {
				return usage("there is no upstream %q; signet upstream list lists them", args[0])
			}
			return p.printReport(report)
		},
	}
}

func (p *program) printReport(report *upstream.Report) error {
	list := make([]fact, 0, len(report.Findings)+2)
	for _, f := range report.Findings {
		mark := "good"
		if !f.OK {
			mark = "WRONG"
		}
		list = append(list, fact{f.What, fmt.Sprintf("%-5s  %s", mark, f.Detail)})
	}
	list = append(list, fact{"callback address", report.Callback}, fact{"register at", report.RegisterAt})
	if err := p.facts(report, list...); err != nil {
		return err
	}
	if !report.Good() {
		return errSilent
	}
	return nil
}
