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
