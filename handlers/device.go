package handlers

import (
	"net/http"
	"net/netip"
	"strconv"

	"signet/provider"
	"signet/provider/limit"
	"signet/templates"
)

// userCodeParam is the field of the code that people type, and the parameter with which a device's address brings it (RFC 8628
// §3.3.1).
const userCodeParam = "user_code"

// Codes of the refusals that show the page with the code again.
const codeNoDevice = "E-DEVICE-05"

// startDevice is the device authorization endpoint (RFC 8628 §3.1).
func (h *Handlers) startDevice(w http.ResponseWriter, r *http.Request) error {
	if err := h.startAllowed(r); err != nil {
		return err
	}
	answer, err := h.provider.StartDevice(r.Context(), r, provider.Place{Address: ClientAddr(r).String(), Agent: r.UserAgent()})
	if err != nil {
		return err
	}
	h.writeJSON(w, r, http.StatusOK, answer)
	return nil
}

// device asks for the code that a device shows. An address that brings one fills the field, and that is all it does.
func (h *Handlers) device(w http.ResponseWriter, r *http.Request) error {
	params, err := query(r)
	if err == nil {
		err = once(params)
	}
	if err != nil {
		return err
	}
	page := templates.Device{Action: devicePath}
	if code, ok := provider.ReadUserCode(params.Get(userCodeParam)); ok {
		page.UserCode, page.Brought = provider.ShowUserCode(code), true
	}
	return h.showDevice(w, r, http.StatusOK, page)
}

func (h *Handlers) showDevice(w http.ResponseWriter, r *http.Request, status int, page templates.Device) (err error) {
	if page.Base, err = h.Base(w, r, devicePath); err != nil {
		return err
	}
	return h.Render(w, r, status, page)
}

// devicePosted takes the code to /authorize, which knows who has to sign in first.
func (h *Handlers) devicePosted(w http.ResponseWriter, r *http.Request) error {
	v, err := h.bound(w, r)
	if err != nil {
		return err
	}
	typed := r.PostForm.Get(userCodeParam)
	sealed, err := h.provider.VerifyDevice(r.Context(), typed, v.browser())
	if err != nil {
		return h.deviceAgain(w, r, typed, err)
	}
	h.back(w, sealed)
	return nil
}

// deviceAgain asks for the code once more if that can help.
func (h *Handlers) deviceAgain(w http.ResponseWriter, r *http.Request, typed string, err error) error {
	refusal := explain(err)
	page := templates.Device{Action: devicePath, UserCode: cutText(typed, maxTypedCode), Problem: templates.DeviceWrong}
	switch refusal.Code {
	case codeNoDevice:
	case codeThrottled:
		page.Problem = templates.DeviceThrottled
	default:
		return err
	}
	exchangeOf(r).code = refusal.Code
	h.note(r, refusal)
	setRetryAfter(w, err, refusal)
	return h.showDevice(w, r, refusal.Status, page)
}

// maxTypedCode is what the page's field takes.
const maxTypedCode = 32

// deviceConsent looks the code up and asks the person whether they let that device in.
func (h *Handlers) deviceConsent(w http.ResponseWriter, r *http.Request) error {
	v, sealed, err := h.devicePerson(w, r)
	if err != nil {
		return err
	}
	asking, err := h.lookUp(r, v, sealed)
	if err != nil {
		return h.deviceAgain(w, r, "", err)
	}
	if asking.SignIn {
		seeOther(w, h.pageOf(provider.StepLogin, asking.Request))
		return nil
	}
	if asking.Factor {
		seeOther(w, h.pageOf(provider.StepFactor, asking.Request))
		return nil
	}
	base, err := h.Base(w, r, deviceConsentPath)
	if err != nil {
		return err
	}
	page := templates.DeviceConsent{
		Base: base, Action: deviceConsentPath, Request: asking.Request, UserCode: asking.UserCode, Client: shownClient(asking.Client),
		Person: shownPerson(v.person), Scopes: h.shownScopes(asking.Scopes, nil), Resources: asking.Audience,
		Agent: asking.From.Agent, Minutes: int(h.db.Now().Unix()-asking.Started) / 60,
	}
	if addr, err := netip.ParseAddr(asking.From.Address); err == nil {
		page.Network, page.Near = shownNetwork(addr), limit.NetworkKey(addr) == networkOf(r)
	}
	return h.Render(w, r, http.StatusOK, page)
}

// devicePerson is personStep for the request of a device.
func (h *Handlers) devicePerson(w http.ResponseWriter, r *http.Request) (*visitor, string, error) {
	v, err := h.bound(w, r)
	if err != nil {
		return nil, "", err
	}
	sealed, err := sealedIn(r)
	switch {
	case err != nil:
		return nil, "", err
	case sealed == "":
		return nil, "", refuseFor("E-REQ-07", "no %s", requestParam)
	case v.person == nil:
		h.back(w, sealed)
		return nil, "", errAnswered
	}
	return v, sealed, nil
}

// lookUp is one try of a code. Wrong ones are counted; right ones are not.
func (h *Handlers) lookUp(r *http.Request, v *visitor, sealed string) (*provider.Asking, error) {
	return h.limits.guess(r.Context(), h.guesser(v), ClientAddr(r), func() (*provider.Asking, error) {
		return h.provider.Asking(r.Context(), sealed, v.browser())
	})
}

// deviceConsentPosted takes the answer. What was asked stands in the sealed request; no other field of the form is read.
func (h *Handlers) deviceConsentPosted(w http.ResponseWriter, r *http.Request) error {
	v, sealed, err := h.devicePerson(w, r)
	if err != nil {
		return err
	}
	decision := r.PostForm.Get("decision")
	if decision != "allow" && decision != "deny" {
		return refuseFor("E-REQ-01", "decision %.20q", decision)
	}
	answered, err := h.provider.AnswerDevice(r.Context(), sealed, v.browser(), decision == "allow")
	switch {
	case err != nil && explain(err).Code == "E-PROMPT-01": // the page lay open too long; it knows what to do
		seeOther(w, h.pageOf(provider.StepDevice, sealed))
		return nil
	case err != nil:
		return h.deviceAgain(w, r, "", err)
	}
	h.back(w, answered)
	return nil
}

// deviceDone tells the person what they have answered.
func (h *Handlers) deviceDone(w http.ResponseWriter, r *http.Request) error {
	_, step, err := h.personStep(w, r, provider.StepDeviceDone)
	if err != nil {
		return err
	}
	base, err := h.Base(w, r, "")
	if err != nil {
		return err
	}
	return h.Render(w, r, http.StatusOK, templates.DeviceDone{Base: base, Denied: step.Denied})
}

// shownNetwork is a network as a person sees it.
func shownNetwork(addr netip.Addr) string {
	network := limit.Network(addr)
	if !network.IsValid() {
		return ""
	}
	if a := network.Addr(); a.Is4() {
		b := a.As4()
		return strconv.Itoa(int(b[0])) + "." + strconv.Itoa(int(b[1])) + "." + strconv.Itoa(int(b[2])) + ".x"
	}
	return network.String()
}
