package conformance

// decidedSkips are modules that try what the provider does not have, on purpose.
var decidedSkips = map[string]string{
	"oidcc-idtoken-unsigned":                                                       noUnsigned,
	"oidcc-request-uri-unsigned":                                                   noUnsigned,
	"oidcc-ensure-request-object-with-redirect-uri":                                noUnsigned,
	"oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported":    noUnsigned,
	"oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported": noUnsigned,
}

const noUnsigned = "nothing unsigned is accepted or issued: alg none is a forgery waiting to happen"

// awaiting is who is at work on what a module needs, or empty.
func awaiting(m *run) string {
	for _, a := range awaitedFeatures {
		if a.by(m) {
			return a.owner
		}
	}
	return ""
}

// awaitedFeatures are those that the provider does not have yet.
var awaitedFeatures = []struct {
	owner string
	by    func(m *run) bool
}{
	{"clients", func(m *run) bool { return m.module == "oidcc-registration-logo-uri" }},
}
