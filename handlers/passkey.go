package handlers

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"time"

	"signet/provider"
	"signet/provider/account"
	"signet/provider/audit"
	"signet/provider/limit"
	"signet/storage"
)

// Fields of the forms that a script fills with what a passkey has signed.
const (
	passkeyParam  = "passkey"
	ceremonyParam = "ceremony"
)

// Kinds of ceremonies with passkeys: one for whoever comes, one for the second factor of a person, one that makes a new one, one that
// makes it silently.
const (
	ceremonyPasskey    = "passkey"
	ceremonySecond     = "passkey second"
	ceremonyNewPasskey = "passkey new"
	ceremonyUpgrade    = "passkey upgrade"
)

// ceremonyLife is how long a challenge may wait for its answer.
const ceremonyLife = 2 * time.Minute

// challenge is what a script gets: options for the browser, and the sealed challenge to bring back.
type challenge struct {
	Options  json.RawMessage `json:"options"`
	Ceremony string          `json:"ceremony"`
}

// passkeyChallenge asks for the passkey of whoever comes, or of somebody who has proved one factor. It stores nothing.
func (h *Handlers) passkeyChallenge(w http.ResponseWriter, r *http.Request) error {
	if r.FormValue(pendingParam) == "" && r.FormValue(requestParam) == "" {
		v, err := h.bound(w, r)
		if err != nil {
			return err
		}
		options, data, err := h.accounts.AskPasskey(r.Context(), nil)
		return h.giveChallenge(w, v, ceremonyPasskey, "", options, data, err)
	}
	in, err := h.halfway(w, r)
	if err != nil {
		return err
	}
	if !in.factors.HasPasskey() {
		return refuse("E-PAGE-01")
	}
	options, data, err := h.accounts.AskPasskey(r.Context(), in.person)
	return h.giveChallenge(w, in.v, ceremonySecond, in.person.Subject, options, data, err)
}

// giveChallenge answers with a challenge that is good for one answer, in this browser.
func (h *Handlers) giveChallenge(w http.ResponseWriter, v *visitor, kind, subject string, options, data []byte, err error) error {
	if err != nil {
		return err
	}
	out := challenge{Options: options}
	if out.Ceremony, err = h.provider.SealCeremony(kind, subject, data, ceremonyLife, v.browser()); err != nil {
		return err
	}
	w.Header()["Content-Type"] = []string{"application/json"}
	return json.NewEncoder(w).Encode(out)
}

// passkeyProof is the proof of a passkey: of the person's, or of whoever comes if person is nil. The challenge is spent with it, and
// if it is refused, too.
func (h *Handlers) passkeyProof(r *http.Request, v *visitor, person *account.Person) (proof, error) {
	kind, subject := ceremonyPasskey, ""
	if person != nil {
		kind, subject = ceremonySecond, person.Subject
	}
	ceremony, err := h.provider.OpenCeremony(kind, subject, r.PostForm.Get(ceremonyParam), v.browser())
	if err != nil {
		return proof{}, err
	}
	use := func(b *storage.Batch) (account.PasskeyProof, error) {
		if err := h.provider.SpendCeremony(r.Context(), b, ceremony); err != nil {
			return account.PasskeyProof{}, err
		}
		return h.accounts.UsePasskey(r.Context(), b, person, ceremony.Data, []byte(r.PostForm.Get(passkeyParam)))
	}
	var look storage.Batch
	got, err := use(&look)
	if err != nil {
		return proof{}, h.burnt(r, ceremony, got.Person, err)
	}
	out := proof{person: got.Person, amr: slices.Clone(got.Methods), how: "passkey", acr: provider.ACROneFactor}
	if got.Verified {
		out.acr, out.amr = provider.ACRTwoFactors, append(out.amr, account.MethodMulti)
	}
	out.spend = func(b *storage.Batch) error {
		_, err := use(b)
		return wrongFactor(err)
	}
	return out, nil
}

// burnt spends a challenge whose answer was refused, and records that a passkey of somebody's may have been copied.
func (h *Handlers) burnt(r *http.Request, c *provider.Ceremony, whose *account.Person, cause error) error {
	if !errors.Is(cause, account.ErrRefused) {
		return cause
	}
	var b storage.Batch
	if err := h.provider.SpendCeremony(r.Context(), &b, c); err != nil {
		return err
	}
	if errors.Is(cause, account.ErrCloned) {
		if err := h.trail.Record(r.Context(), &b, audit.Event{Kind: "factor.cloned", Subject: whose.Subject, Facts: map[string]string{"factor": account.FactorPasskey}}); err != nil {
			return err
		}
	}
	if err := h.db.Apply(r.Context(), b); err != nil && !errors.Is(err, storage.ErrConflict) {
		return err
	}
	return wrongFactor(cause)
}

// onePasskey signs in whoever comes with a passkey alone: its device must have verified them.
func (h *Handlers) onePasskey(r *http.Request, v *visitor) (proof, error) {
	address, network := limit.KeyOf(ClientAddr(r).String()), networkOf(r)
	uses := []limit.Use{{Limit: h.limits.passkeys, Key: address}, {Limit: h.limits.factors, Key: network}}
	if err := h.limits.take(r.Context(), uses...); err != nil {
		return proof{}, err
	}
	out, err := h.passkeyProof(r, v, nil)
	if err == nil && out.acr != provider.ACRTwoFactors {
		err = refuseFor(codeWrongFactor, "a passkey whose device has not verified its owner")
	}
	out.proved = func() {
		h.limits.passkeys.Forget(address)
		h.limits.factors.GiveBack(network)
	}
	return out, err
}

// newPasskeyChallenge begins to make a passkey of whoever has just signed in.
func (h *Handlers) newPasskeyChallenge(w http.ResponseWriter, r *http.Request) error {
	v, err := h.visitor(r)
	if err != nil {
		return err
	}
	options, data, err := h.accounts.OfferPasskey(r.Context(), v.person)
	return h.giveChallenge(w, v, ceremonyNewPasskey, v.person.Subject, options, data, err)
}

// newPasskey takes what the browser has made.
func (h *Handlers) newPasskey(r *http.Request, v *visitor) error {
	return h.keepPasskey(r, v, ceremonyNewPasskey, r.PostForm.Get("name"))
}

// keepPasskey is newPasskey for a ceremony of a kind.
func (h *Handlers) keepPasskey(r *http.Request, v *visitor, kind, name string) error {
	ceremony, err := h.provider.OpenCeremony(kind, v.person.Subject, r.PostForm.Get(ceremonyParam), v.browser())
	if err != nil {
		return err
	}
	return h.changeFactors(r, func(b *storage.Batch) error {
		if err := h.provider.SpendCeremony(r.Context(), b, ceremony); err != nil {
			return err
		}
		return h.accounts.AddPasskey(r.Context(), b, v.person, ceremony.Data, []byte(r.PostForm.Get(passkeyParam)), name, where(r))
	})
}
