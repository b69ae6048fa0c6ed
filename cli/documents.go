package cli

import (
	"os"
	"time"

	"signet/cli/config"
	"signet/handlers"
	"signet/templates"
)

// openDocuments reads the operator's own texts. One that cannot be shown is a *config.Error.
func openDocuments(cfg *config.Config) (terms, privacy []templates.DocumentBlock, err error) {
	var problems []config.Problem
	for _, d := range []struct {
		key, path string
		to        *[]templates.DocumentBlock
	}{{"signup.terms_file", cfg.SignUp.TermsFile, &terms}, {"branding.privacy_file", cfg.Branding.PrivacyFile, &privacy}} {
		if d.path == "" {
			continue
		}
		raw, err := os.ReadFile(d.path)
		if err == nil {
			*d.to, err = templates.ParseDocument(raw)
		}
		if err != nil {
			problems = append(problems, config.Problem{Key: d.key, Got: plainReason(err).Error(), Allowed: "a text of at most 256 KiB in UTF-8", Fix: "see that the file is there and can be read"})
		}
	}
	return terms, privacy, cfg.Refuse(problems)
}

// termsLink is where people read what they agree to, or nothing.
func termsLink(n *node) string {
	if len(n.terms) > 0 {
		return handlers.TermsPath
	}
	return n.config.SignUp.TermsURI
}

// graceOf is how long a deleted account can be brought back, as accounts have it.
func graceOf(cfg *config.Config) time.Duration {
	if cfg.Accounts.DeletionGrace == 0 {
		return -1
	}
	return cfg.Accounts.DeletionGrace
}
