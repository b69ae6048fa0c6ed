package cli

import (
	"net/http"
	"net/url"

	"github.com/spf13/cobra"

	"signet/handlers/api"
)

func (p *program) sessionCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "session", Short: "Browsers in which people are signed in"}
	cmd.AddCommand(p.sessionList(), p.sessionEnd())
	return cmd
}

func sessionPath(user string) string { return "/users/" + url.PathEscape(user) + "/sessions" }

func (p *program) sessionList() *cobra.Command {
	return &cobra.Command{
		Use: "list USER", Short: "List the browsers in which a person is signed in", Args: cobra.ExactArgs(1), ValidArgsFunction: p.userNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.operate(cmd.Context(), func(op *operator) error {
				sessions, err := whole[api.Session](cmd.Context(), op, sessionPath(args[0]))
				if err != nil {
					return err
				}
				rows := make([][]string, len(sessions))
				for i, s := range sessions {
					rows[i] = []string{s.SID, date(s.AuthTime), date(s.LastSeen), s.Address, s.Browser}
				}
				return p.table(sessions, []string{"sid", "signed in", "last seen", "address", "browser"}, rows)
			})
		},
	}
}

func (p *program) sessionEnd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "end USER", Short: "Sign a person out, of one browser or of all; applications are told",
		Long: "Signs a person out, of the browser whose session is named, or of all. What was issued in the session stops, and applications\n" +
			"that want to know are told. What they were given for when the person is away (offline_access) goes on, save with --everything.",
		Example: "  signet session end ada\n  signet session end ada --everything",
		Args:    cobra.ExactArgs(1), ValidArgsFunction: p.userNames,
	}
	sid := cmd.Flags().String("sid", "", "end only this session")
	everything := cmd.Flags().Bool("everything", false, "end all that was issued for the person, offline access too")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		path := sessionPath(args[0])
		switch {
		case *sid != "" && *everything:
			return usage("--everything ends all sessions: leave --sid out")
		case *sid != "":
			path += "/" + url.PathEscape(*sid)
		case *everything:
			path += "?everything=true"
		}
		return p.operate(cmd.Context(), func(op *operator) error {
			if err := op.call(cmd.Context(), http.MethodDelete, path, nil, nil); err != nil {
				return err
			}
			p.say("signed %s out", args[0])
			return nil
		})
	}
	return cmd
}
