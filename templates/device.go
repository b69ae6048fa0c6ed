package templates

// Device asks for the code that a device shows (RFC 8628 §3.3): form#device with the field "user_code".
type Device struct {
	Base
	Action string
	// UserCode is what was typed, or what the address brought. Nothing is let in by it: the person has to go on themselves.
	UserCode string
	// Brought tells that the code came with the address, so that the person is asked to compare it.
	Brought bool
	Problem DeviceProblem
}

// DeviceProblem is why a code did not work.
type DeviceProblem string

// The problems of a code. One message stands for a code that was never given, has ended or was used.
const (
	DeviceWrong     DeviceProblem = "wrong"
	DeviceThrottled DeviceProblem = "throttled" // too many wrong codes
)

// Template implements Page.
func (Device) Template() string { return "device" }

// Explain says what the problem is.
func (p DeviceProblem) Explain() Text { return Msg("device.problem." + string(p)) }

// DeviceConsent asks whether a device may use the account: form#device-consent with the buttons "decision" allow and deny. It
// is the last place where somebody who was tricked into typing another's code can notice.
type DeviceConsent struct {
	Base
	Action  string
	Request string
	// UserCode is what the device must show.
	UserCode string
	Client   *Client
	// Person is who decides.
	Person *Account
	Scopes []Scope
	// Resources are the APIs for which it asks (RFC 8707 §2).
	Resources []string
	// Network is the network that the device is in; Near tells that this browser is in it too.
	Network string
	Near    bool
	// Agent is what the program on the device calls itself; it may be empty.
	Agent string
	// Minutes is how long ago the device began to wait.
	Minutes int
}

// Template implements Page.
func (DeviceConsent) Template() string { return "device-consent" }

// Place is where the device asks from.
func (p DeviceConsent) Place() Text {
	switch {
	case p.Network == "":
		return Msg("device.consent.nowhere")
	case p.Near:
		return Msg("device.consent.near", "network", p.Network)
	}
	return Msg("device.consent.far", "network", p.Network)
}

// Age is how long ago the device began to wait, in words.
func (p DeviceConsent) Age() Text {
	if p.Minutes < 1 {
		return Msg("device.consent.just")
	}
	return Msg("device.consent.minutes", "n", p.Minutes)
}

// DeviceDone tells a person what they answered (#device-done).
type DeviceDone struct {
	Base
	Denied bool
}

// Template implements Page.
func (DeviceDone) Template() string { return "device-done" }
