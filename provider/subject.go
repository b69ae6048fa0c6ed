package provider

// subjectTypes are announced in discovery (OIDC Core §8).
var subjectTypes = []string{"public"}
