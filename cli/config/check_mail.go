package config

import "net/mail"

func (l *loader) checkMail() {
	m := l.config.Mail
	if !m.On() {
		for key, set := range map[string]bool{"mail.user": m.User != "", "mail.password": m.Password.IsSet(), "mail.from": m.From != "", "mail.reply_to": m.ReplyTo != ""} {
			if set {
				l.wrong(key, Problem{Got: "is set while mail.server is not", Fix: "name the mail server in mail.server, or remove it"}, "mail.server")
			}
		}
		return
	}
	host, _ := m.Address()
	if host == "" {
		l.wrong("mail.server", Problem{Got: "got " + shorten(m.Server), Allowed: "a host name, or host:port", Fix: `write server = "smtp.example.com"`})
	}
	l.checkSender("mail.from", m.From)
	if m.ReplyTo != "" {
		l.checkSender("mail.reply_to", m.ReplyTo)
	}
	switch {
	case (m.User == "") != !m.Password.IsSet():
		l.wrong("mail.user", Problem{Got: "is without mail.password, or the other way round", Allowed: "both or neither", Fix: `write user and password = { file = "/path/of/the/password" }`}, "mail.password")
	case m.TLS == "off" && m.User != "":
		l.wrong("mail.tls", Problem{Got: "is off, and a password would be sent in the open", Allowed: "starttls or tls", Fix: `write tls = "starttls", or remove user and password`}, "mail.user")
	case m.TLS == "off" && !isLoopback(host):
		l.wrong("mail.tls", Problem{Got: "is off, and links to new passwords would be sent in the open", Allowed: "starttls or tls for a server elsewhere", Fix: `write tls = "starttls"`}, "mail.server")
	}
}

func (l *loader) checkSender(key, value string) {
	if _, err := mail.ParseAddress(value); err != nil {
		got := "got " + shorten(value)
		if value == "" {
			got = "is not set"
		}
		l.wrong(key, Problem{Got: got, Allowed: "an address, or a name with one", Fix: `write it as "Example ID <id@example.com>"`}, "mail.server")
	}
}
