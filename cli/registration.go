package cli

import (
	"context"
	"fmt"
	"os"
	"time"

	"signet/cli/config"
	"signet/keys"
	"signet/provider"
)

// registrationOf is how clients register themselves. None may be called what the provider is called.
func registrationOf(c *config.Config) (provider.Registration, error) {
	r := c.Registration
	out := provider.Registration{
		Policy: provider.RegistrationPolicy(r.Policy), GrantTypes: r.GrantTypes, ResponseTypes: r.ResponseTypes, MaxClients: r.MaxClients,
		ReservedNames: append([]string{c.Name}, r.ReservedNames...),
	}
	for _, s := range c.SoftwareIssuers {
		text, err := os.ReadFile(s.JWKSFile)
		if err != nil {
			return out, fmt.Errorf("cli: software_issuer %s: %w", s.Issuer, err)
		}
		set, err := keys.ParseJWKS(text, keys.Limits{})
		if err != nil {
			return out, fmt.Errorf("cli: software_issuer %s: %s: %w", s.Issuer, s.JWKSFile, err)
		}
		out.Software = append(out.Software, provider.SoftwareIssuer{Issuer: s.Issuer, Keys: set})
	}
	return out, nil
}

// unusedEvery is the pause between two looks for clients that registered themselves and that nobody uses.
const unusedEvery = 10 * time.Minute

func (s *server) removeUnused(ctx context.Context) {
	ticker := time.NewTicker(unusedEvery)
	defer ticker.Stop()
	for {
		removed, err := s.node.Load().provider.RemoveUnused(ctx)
		if err != nil && ctx.Err() == nil {
			s.log.Warn("unused clients not removed", "err", err)
		}
		if removed > 0 {
			s.log.Info("unused clients removed", "count", removed)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
