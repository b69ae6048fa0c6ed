package provider

// Reply is what an endpoint answers: with JSON, or with a JWT where the client's record or its request asks for one.
type Reply struct {
	// Members are those of the JSON object. They are set in any case.
	Members map[string]any
	// JWT is sent in their place unless it is empty, Type is its media type.
	JWT, Type string
	// ClientID is whose token was shown, where one was.
	ClientID string
}
