package handlers

import (
	"cmp"
	"errors"
	"net/http"
	"time"

	"signet/provider"
	"signet/provider/account"
	"signet/provider/audit"
	"signet/storage"
)

// Codes of the refusals that show the sign-in page again.
const (
	codeWrongLogin = "E-LOGIN-01"
	codeThrottled  = "E-LIMIT-01"
	// codeBarred is for people who have proved that the account is theirs.
	codeBarred = "E-ACCOUNT-02"
)

// proof is a person who has just proved who they are, and how.
type proof struct {
	person *account.Person
	amr    []string
	// how says the same to an observer.
	how string
	// password is the one that was right, to be hashed anew if it must; it may be empty.
	password string
	// client is where they are on the way to; it may be empty.
	client string
	// acr is the class reached; empty means one factor.
	acr string
	// at is when the first factor was proved, if not now.
	at time.Time
	// spend appends that what was proved is spent; nil if nothing is. proved is called when it has been.
	spend  func(*storage.Batch) error
	proved func()
}

// prove finds out who wants to sign in, from a passkey, a password or, in development mode, from a picked name.
func (h *Handlers) prove(r *http.Request, v *visitor, step *provider.Step) (proof, error) {
	p := proof{client: clientID(step)}
	if r.PostForm.Get(passkeyParam) != "" && h.accounts.HasPasskeys() {
		out, err := h.onePasskey(r, v)
		out.client = p.client
		return out, h.countSignIn(err)
	}
	if value := r.PostForm.Get("person"); value != "" && h.dev != nil && h.dev.SignIn != nil {
		person, err := h.dev.SignIn(r.Context(), value)
		p.person, p.how = person, "password skipped"
		return p, h.countSignIn(wrongLogin(err))
	}
	if !h.provider.OffersPasswords() {
		return p, h.countSignIn(refuse(codeWrongLogin))
	}
	person, err := h.checkPassword(r, r.PostForm.Get("identifier"), r.PostForm.Get("password"))
	p.person, p.password, p.amr, p.how = person, r.PostForm.Get("password"), []string{"pwd"}, "password"
	return p, h.countSignIn(err)
}

// checkPassword asks the limiter first: whoever tried too often costs no hash.
func (h *Handlers) checkPassword(r *http.Request, identifier, password string) (*account.Person, error) {
	ctx, addr := r.Context(), ClientAddr(r)
	key, err := h.accounts.AccountKey(ctx, identifier)
	if err != nil {
		return nil, err
	}
	if ok, wait := h.limiter.Allow(key, addr); !ok {
		h.trail.Count(ctx, audit.Event{Kind: "sign-in.throttled"})
		return nil, &waitError{refuse(codeThrottled), wait}
	}
	person, err := h.accounts.Authenticate(ctx, identifier, password)
	switch {
	case err == nil:
		h.limiter.Succeeded(key, addr)
	case !errors.Is(err, account.ErrRefused):
		h.limiter.Withdrawn(key, addr)
	}
	return person, wrongLogin(err)
}

// wrongLogin makes one refusal of every reason why somebody may not sign in, but of those that may be told. The reason goes to the log; what was typed does
// not: it may be a password in the wrong field.
func wrongLogin(err error) error {
	code := codeWrongLogin
	switch {
	case err == nil:
		return nil
	case errors.Is(err, account.ErrBusy):
		code = "E-SERVER-02"
	case account.Told(err) != "":
		code = codeBarred
	case !errors.Is(err, account.ErrRefused) && !errors.Is(err, account.ErrUnknownPerson):
		return err
	}
	e := refuse(code)
	e.Cause = err
	return e
}

func (h *Handlers) countSignIn(err error) error {
	outcome := signInOK
	if err != nil {
		outcome = map[string]string{codeWrongLogin: signInFailed, codeBarred: signInFailed, codeWrongFactor: signInFailed, codeEnded: signInFailed, codeThrottled: signInThrottled}[explain(err).Code]
	}
	if outcome == "" {
		outcome = signInBusy
	}
	count(h.metrics.signIns, outcome)
	return err
}

// signIn begins a session, in place of one that the browser may have had, and makes it the visitor's. Everything that it
// writes is one batch.
func (h *Handlers) signIn(w http.ResponseWriter, r *http.Request, v *visitor, in proof) error {
	token, session, err := h.beginSession(r, v, in)
	if err != nil {
		return err
	}
	if in.proved != nil {
		in.proved()
	}
	if err := h.sessions.save(w, r, token); err != nil {
		return err
	}
	v.session, v.person = session, in.person
	h.keepState(w, r)
	h.tell(r, provider.Event{Kind: "sign-in", Client: in.client, Subject: in.person.Subject, Name: identifierOf(in.person), Text: in.how})
	return nil
}

// beginSession writes the session in one batch with what is spent for it.
func (h *Handlers) beginSession(r *http.Request, v *visitor, in proof) (token string, session *account.Session, err error) {
	err = h.spendProof(r, in, func(b *storage.Batch) (err error) {
		token, session, err = h.accounts.Sessions.Begin(b, in.person, account.SignIn{
			AMR: in.amr, ACR: cmp.Or(in.acr, provider.ACROneFactor), AuthTime: in.at, Browser: r.UserAgent(), Address: ClientAddr(r).String(), Replaces: v.session, ClientID: in.client,
		})
		return err
	})
	return token, session, err
}

// spendProof writes in one batch that what was proved is spent, and what comes of it. Of requests that spend the same at the same
// moment one gets through; the others look again, and hear that it is spent.
func (h *Handlers) spendProof(r *http.Request, in proof, gain func(*storage.Batch) error) error {
	var err error
	for range changeTries {
		var b storage.Batch
		if in.spend != nil {
			if err = in.spend(&b); err != nil {
				return err
			}
		}
		if err = gain(&b); err != nil {
			return err
		}
		err = h.applySignIn(r, b, in)
		if in.spend == nil || !errors.Is(err, storage.ErrConflict) {
			break
		}
	}
	return err
}

// applySignIn writes the session, and with it the password's new hash if its old one is of weaker parameters. If the person
// is changed at the same moment, the session is written alone.
func (h *Handlers) applySignIn(r *http.Request, b storage.Batch, in proof) error {
	ctx := r.Context()
	if in.password == "" {
		return h.db.Apply(ctx, b)
	}
	var rehash storage.Batch
	if err := h.accounts.Rehash(ctx, &rehash, in.person, in.password); err != nil && !errors.Is(err, account.ErrBusy) {
		return err
	}
	if rehash.Empty() {
		return h.db.Apply(ctx, b)
	}
	both := storage.Batch{}
	both.Add(b)
	both.Add(rehash)
	err := h.db.Apply(ctx, both)
	if errors.Is(err, storage.ErrConflict) {
		return h.db.Apply(ctx, b)
	}
	return err
}

// tell tells the observer what happened.
func (h *Handlers) tell(r *http.Request, e provider.Event) {
	if h.observe == nil {
		return
	}
	e.Time, e.Trace = h.db.Now(), Reference(r)
	h.observe(r.Context(), e)
}
