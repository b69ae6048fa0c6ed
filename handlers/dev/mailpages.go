package dev

import (
	"net/http"
	"net/url"
	"time"

	"github.com/gorilla/mux"

	"signet/handlers"
	"signet/handlers/mail"
	"signet/templates"
)

// Paths of the caught mails.
const (
	mailPath     = "/dev/mail"
	mailHTMLPath = "/dev/mail/html"
	apiMailPath  = "/dev/api/mail"
)

// caughtMail is a mail as a program reads it.
type caughtMail struct {
	ID       string    `json:"id"`
	Kind     string    `json:"kind"`
	To       string    `json:"to"`
	Date     time.Time `json:"date"`
	Language string    `json:"language"`
	Subject  string    `json:"subject"`
	Text     string    `json:"text"`
	HTML     string    `json:"html"`
}

// mailRoutes show the caught mails: a list, each as text and as its reader's program would show it, and all as JSON.
func (p *pages) mailRoutes() []handlers.Route {
	return []handlers.Route{
		{Methods: []string{http.MethodGet}, Path: mailPath, Audience: handlers.ForPeople, Policy: looking, Handler: p.mails},
		{Methods: []string{http.MethodGet}, Path: mailPath + "/{id}", Audience: handlers.ForPeople, Policy: looking, Handler: p.mail},
		{Methods: []string{http.MethodGet}, Path: mailHTMLPath + "/{id}", Audience: handlers.ForPeople, Policy: looking, Handler: p.mailHTML},
		{Methods: []string{http.MethodGet}, Path: apiMailPath, Audience: handlers.ForClients, Policy: calling, Handler: p.mailJSON},
	}
}

func (p *pages) mails(w http.ResponseWriter, r *http.Request) error {
	if err := p.near(r); err != nil {
		return err
	}
	base, err := p.handlers.Base(w, r, "")
	if err != nil {
		return err
	}
	page := templates.DevMails{Base: base, Back: pagePath}
	for _, m := range p.mailbox.All() {
		page.Mails = append(page.Mails, shownMail(m))
	}
	return p.handlers.Render(w, r, http.StatusOK, page)
}

func shownMail(m mail.Mail) templates.CaughtMail {
	id := url.PathEscape(m.ID)
	return templates.CaughtMail{Path: mailPath + "/" + id, Frame: mailHTMLPath + "/" + id, To: m.To, Subject: m.Subject, Text: m.Text, Kind: m.Kind, Date: m.Date}
}

// found is the mail that a request names.
func (p *pages) found(r *http.Request) (mail.Mail, error) {
	if err := p.near(r); err != nil {
		return mail.Mail{}, err
	}
	id, err := url.PathUnescape(mux.Vars(r)["id"])
	m, ok := p.mailbox.find(id)
	if err != nil || !ok {
		return m, refuse("E-PAGE-01")
	}
	return m, nil
}

func (p *pages) mail(w http.ResponseWriter, r *http.Request) error {
	m, err := p.found(r)
	if err != nil {
		return err
	}
	base, err := p.handlers.Base(w, r, "")
	if err != nil {
		return err
	}
	return p.handlers.Render(w, r, http.StatusOK, templates.DevMail{Base: base, Back: mailPath, Mail: shownMail(m)})
}

// mailHTML is a mail as it is, for the frame of its page: nothing in it runs, and nothing is loaded.
func (p *pages) mailHTML(w http.ResponseWriter, r *http.Request) error {
	m, err := p.found(r)
	if err != nil {
		return err
	}
	head := w.Header()
	head.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation")
	head.Set("X-Frame-Options", "SAMEORIGIN")
	head.Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte(m.Shown())) // who asked may have gone
	return nil
}

func (p *pages) mailJSON(w http.ResponseWriter, r *http.Request) error {
	if err := p.near(r); err != nil {
		return err
	}
	list := []caughtMail{}
	for _, m := range p.mailbox.All() {
		list = append(list, caughtMail{m.ID, m.Kind, m.To, m.Date, m.Language, m.Subject, m.Text, m.HTML})
	}
	return writeJSON(w, http.StatusOK, list)
}
