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
	// upgrade says that the browser can make a passkey beside the password without a question.
	upgrade bool
	// acr is the class reached; empty means one factor.
	acr string
	// at is when the first factor was proved, if not now.
	at time.Time
	// arrive appends who it is, of somebody who comes from another provider, and returns them; nil if that is known already.
	arrive func(*storage.Batch) (*account.Person, error)
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
	p.upgrade = r.PostForm.Get(upgradeParam) != ""
	return p, h.countSignIn(err)
}

// checkPassword goes by the gate: whoever tried too often costs no hash.
func (h *Handlers) checkPassword(r *http.Request, identifier, password string) (*account.Person, error) {
	try := account.Try{Identifier: identifier, Password: password, Address: ClientAddr(r), Device: h.knownDevice(r)}
	person, err := h.gate.Authenticate(r.Context(), try)
	var wait *account.WaitError
	if errors.As(err, &wait) {
		h.trail.Count(r.Context(), audit.Event{Kind: "sign-in.throttled"})
		return nil, tooMany(wait.Wait)
	}
	return person, wrongLogin(err)
}

// knownDevice is the browser as one in which people may have signed in before.
func (h *Handlers) knownDevice(r *http.Request) account.Device {
	return h.accounts.OpenDevice(h.cookies.read(r, h.cookies.device))
}

// rememberDevice lets the browser prove from now on that a person has signed in here.
func (h *Handlers) rememberDevice(w http.ResponseWriter, r *http.Request, person *account.Person) error {
	value, err := h.accounts.Remember(h.knownDevice(r), person.Subject)
	if err == nil {
		h.cookies.keep(w, h.cookies.device, value, account.DeviceLife)
	}
	return err
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
	token, session, err := h.beginSession(r, v, &in)
	if err != nil {
		return err
	}
	if in.proved != nil {
		in.proved()
	}
	if err := h.sessions.save(w, r, token); err != nil {
		return err
	}
	if err := h.rememberDevice(w, r, in.person); err != nil {
		return err
	}
	v.session, v.person = session, in.person
	h.keepState(w, r)
	h.tell(r, provider.Event{Kind: "sign-in", Client: in.client, Subject: in.person.Subject, Name: identifierOf(in.person), Text: in.how})
	return nil
}

// beginSession writes the session in one batch with what is spent for it.
func (h *Handlers) beginSession(r *http.Request, v *visitor, in *proof) (token string, session *account.Session, err error) {
	err = h.spendProof(r, in, func(b *storage.Batch) (err error) {
		token, session, err = h.accounts.Sessions.Begin(b, in.person, account.SignIn{
			AMR: in.amr, ACR: cmp.Or(in.acr, provider.ACROneFactor), AuthTime: in.at, Browser: r.UserAgent(), Address: ClientAddr(r).String(), Replaces: v.session, ClientID: in.client,
		})
		return err
	})
	return token, session, err
}

// signInTries is how often a sign-in is begun again that another one has overtaken: wrong codes may overtake it five times.
const signInTries = account.FactorTries + changeTries

// spendProof writes in one batch that what was proved is spent, and what comes of it. Of requests that spend the same at the same
// moment one gets through; the others look again, and hear that it is spent.
func (h *Handlers) spendProof(r *http.Request, in *proof, gain func(*storage.Batch) error) error {
	var err error
	for range signInTries {
		var b storage.Batch
		if in.arrive != nil {
			if in.person, err = in.arrive(&b); err != nil {
				return err
			}
		}
		if in.spend != nil {
			if err = in.spend(&b); err != nil {
				return err
			}
		}
		if err = gain(&b); err != nil {
			return err
		}
		err = h.applySignIn(r, b, *in)
		if in.spend == nil && in.arrive == nil || !errors.Is(err, storage.ErrConflict) {
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
