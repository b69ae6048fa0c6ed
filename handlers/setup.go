package handlers

import (
	"net/http"

	"signet/provider/account"
	"signet/templates"
)

// setUpParam carries the secret that an authenticator app is to take, sealed, until a code confirms it.
const setUpParam = "setup"

// ceremonyTOTP is the kind of the ceremony that sets up an authenticator app.
const ceremonyTOTP = "totp"

// setUpPage shows a new secret, or again the one that is being set up.
func (h *Handlers) setUpPage(v *visitor, person *account.Person, setup string) (templates.SetUpApp, error) {
	var page templates.SetUpApp
	secret, err := h.openSetUp(v, person, setup)
	if err != nil {
		if secret, err = h.accounts.NewTOTPSecret(); err != nil {
			return page, err
		}
		if setup, err = h.provider.SealCeremony(ceremonyTOTP, person.Subject, secret, account.FactorSetUp, v.browser()); err != nil {
			return page, err
		}
	}
	address := account.TOTPAddress(h.pages.Product, identifierOf(person), secret)
	page.SetUp, page.Address, page.Secret, page.Person = setup, address, account.TOTPText(secret), shownPerson(person)
	page.Picture, err = drawQR(address)
	return page, err
}

func (h *Handlers) openSetUp(v *visitor, person *account.Person, setup string) ([]byte, error) {
	c, err := h.provider.OpenCeremony(ceremonyTOTP, person.Subject, setup, v.browser())
	if err != nil {
		return nil, err
	}
	return c.Data, nil
}

// setUpSecret is the secret that the form confirms.
func (h *Handlers) setUpSecret(r *http.Request, v *visitor, person *account.Person) ([]byte, error) {
	return h.openSetUp(v, person, r.PostForm.Get(setUpParam))
}
