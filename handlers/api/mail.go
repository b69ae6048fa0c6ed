package api

import (
	"net/http"

	"signet/handlers/mail"
	"signet/provider/account"
)

var mailOperations = []operation{
	{Method: "POST", Path: "/users/invite", Needs: "users:write", Does: "Invites somebody by mail to make an account", In: Invitation{}, Do: (*API).inviteUser},
	{Method: "POST", Path: "/mail/test", Needs: "system:write", Does: "Sends a test mail at once", In: MailTest{}, Do: (*API).testMail},
	{Method: "GET", Path: "/mail/outbox", Needs: "system:read", Does: "Lists the mails that wait to be sent", Out: MailOutbox{}, Do: (*API).mailOutbox},
}

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
func (a *API) needMail() error {
	if a.Mail == nil {
		return fault(http.StatusConflict, "no_mail", "no mail server is configured; name one in the section [mail]: signet config explain mail")
	}
	return nil
}

// testMail sends a mail at once. What the mail server says is the answer.
func (a *API) testMail(r *http.Request) (any, error) {
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

func (a *API) mailOutbox(r *http.Request) (any, error) {
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
func (a *API) inviteUser(r *http.Request) (any, error) {
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
