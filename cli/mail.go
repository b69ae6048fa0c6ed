package cli

import (
	"crypto/rand"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strconv"

	"github.com/spf13/cobra"

	"signet/cli/config"
	"signet/handlers/api"
	"signet/handlers/mail"
	"signet/provider/account"
)

// openMail makes the outbox, if mails go anywhere.
func (n *node) openMail(carrier mail.Carrier) (*mail.Outbox, error) {
	c := n.config
	if carrier == nil {
		if !c.Mail.On() {
			return nil, nil
		}
		smtp, err := mailServer(c)
		if err != nil {
			return nil, err
		}
		carrier = smtp
	}
	return mail.New(mail.Config{DB: n.db, Rand: rand.Reader, Log: n.log, Issuer: c.Issuer, Product: c.Name, Pages: n.pages, Carrier: carrier, Max: c.Mail.Waiting, Trail: n.trail})
}

// post is the outbox as accounts see it.
func (n *node) post() account.Post {
	if n.mail == nil {
		return nil
	}
	return n.mail
}

func mailServer(c *config.Config) (*mail.SMTP, error) {
	host, port := c.Mail.Address()
	s := mail.Server{
		Host: host, Port: port, Security: mail.Security(c.Mail.TLS), User: c.Mail.User, Password: c.Mail.Password.Reveal(),
		From: c.Mail.From, ReplyTo: c.Mail.ReplyTo,
	}
	issuer, err := url.Parse(c.Issuer)
	if err != nil {
		return nil, fmt.Errorf("cli: issuer: %w", err)
	}
	s.HELO = issuer.Hostname()
	if c.Mail.CAFile != "" {
		text, err := os.ReadFile(c.Mail.CAFile)
		if err != nil {
			return nil, fmt.Errorf("cli: mail.ca_file: %w", err)
		}
		if s.Roots = x509.NewCertPool(); !s.Roots.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("cli: mail.ca_file: no certificate in %s", c.Mail.CAFile)
		}
	}
	return mail.NewSMTP(s)
}

func (p *program) mailCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "mail", Short: "Mails to people"}
	cmd.AddCommand(p.mailTest(), p.mailOutbox())
	return cmd
}

func (p *program) mailTest() *cobra.Command {
	return &cobra.Command{
		Use: "test ADDRESS", Short: "Send a test mail at once, and tell what the mail server says", Args: cobra.ExactArgs(1),
		Example: "  signet mail test you@example.com",
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.operate(cmd.Context(), func(op *operator) error {
				if err := op.call(cmd.Context(), http.MethodPost, "/mail/test", api.MailTest{To: args[0]}, nil); err != nil {
					return err
				}
				p.say("the mail server took a mail for %s", args[0])
				return nil
			})
		},
	}
}

func (p *program) mailOutbox() *cobra.Command {
	return &cobra.Command{Use: "outbox", Short: "List the mails that wait to be sent", Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
		return p.operate(cmd.Context(), func(op *operator) error {
			var box api.MailOutbox
			if err := op.call(cmd.Context(), http.MethodGet, "/mail/outbox", nil, &box); err != nil {
				return err
			}
			rows := make([][]string, len(box.Items))
			for i, m := range box.Items {
				rows[i] = []string{m.To, m.Kind, date(m.Made), strconv.Itoa(m.Attempts), date(m.Due), m.Problem}
			}
			if box.More {
				p.say("more than these:")
			}
			return p.table(box, []string{"to", "kind", "made", "attempts", "next", "problem"}, rows)
		})
	}}
}

func (p *program) userInvite() *cobra.Command {
	cmd := &cobra.Command{
		Use: "invite ADDRESS", Short: "Mail somebody a link to make an account with; it works for seven days", Args: cobra.ExactArgs(1),
		Example: "  signet user invite grace@example.com --language fr",
	}
	language := cmd.Flags().String("language", "", "language of the mail, such as fr")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return p.operate(cmd.Context(), func(op *operator) error {
			if err := op.call(cmd.Context(), http.MethodPost, "/users/invite", api.Invitation{Email: args[0], Language: *language}, nil); err != nil {
				return err
			}
			p.say("an invitation for %s is on its way", args[0])
			return nil
		})
	}
	return cmd
}
