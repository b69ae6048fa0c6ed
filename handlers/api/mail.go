package api

import (
	"net/http"

	"signet/handlers/mail"
	"signet/provider/account"
)

// MailTest asks for a test mail.
type MailTest struct {
	To string `json:"to"`
}

// MailOutbox are the mails that wait to be sent, what is due first.
type MailOutbox struct {
	Items []mail.Waiting `json:"items"`
	// More says that there are others.
	More bool `json:"more,omitempty"`
}

// needMail refuses what cannot be done without a mail server.
func (a *api) needMail() error {
	if a.Mail == nil {
		return fault(http.StatusConflict, "no_mail", "no mail server is configured; name one in the section [mail]: signet config explain mail")
	}
	return nil
}

// testMail sends a mail at once. What the mail server says is the answer.
func (a *api) testMail(r *http.Request) (any, error) {
	var in MailTest
	if err := read(r, &in); err != nil {
		return nil, err
	}
	if err := a.needMail(); err != nil {
		return nil, err
	}
	address, _, err := account.CanonicalEmail(in.To)
	if err != nil {
		return nil, err
	}
	if err := a.Mail.SendNow(r.Context(), account.Letter{To: address, Kind: account.LetterTest}); err != nil {
		return nil, fault(http.StatusBadGateway, "mail_refused", "%v", err)
	}
	return nil, nil
}

func (a *api) mailOutbox(r *http.Request) (any, error) {
	if err := a.needMail(); err != nil {
		return nil, err
	}
	items, more, err := a.Mail.List(r.Context())
	if items == nil {
		items = []mail.Waiting{}
	}
	return MailOutbox{Items: items, More: more}, err
}

// Invitation asks somebody to make an account.
type Invitation struct {
	Email string `json:"email"`
	// Language is the BCP 47 tag of the mail's language; empty is the server's.
	Language string `json:"language,omitempty"`
}

// inviteUser mails a link to make an account with.
func (a *api) inviteUser(r *http.Request) (any, error) {
	var in Invitation
	if err := read(r, &in); err != nil {
		return nil, err
	}
	if err := a.needMail(); err != nil {
		return nil, err
	}
	if !a.Invites {
		return nil, fault(http.StatusConflict, "closed", "sign-up is closed; allow invitations with signup.mode = invite: signet config explain signup")
	}
	return nil, a.Accounts.InviteNow(r.Context(), in.Email, in.Language)
}
