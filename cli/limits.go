package cli

import (
	"time"

	"signet/cli/config"
	"signet/handlers"
	"signet/provider/limit"
)

// limitPause is for how long nothing is written of limits after a batch was: ten batches a second, whatever is tried.
const limitPause = 100 * time.Millisecond

func (s *server) newLimits(n *node) *limit.Keeper {
	return limit.New(limit.Config{DB: n.db, Log: s.log, Pause: limitPause})
}

func rateOf(r config.Rate) handlers.Rate { return handlers.Rate{Count: r.Count, Per: r.Per} }

// setLimits are the limits of the configuration.
func setLimits(c *handlers.Config, cfg *config.Config) {
	l := cfg.Limits
	c.SignIns = handlers.SignInLimits{Account: rateOf(l.LoginAccount), Network: rateOf(l.LoginAddress), Device: rateOf(l.LoginDevice)}
	c.SignUp.Network = rateOf(l.SignUpAddress)
	c.Mails = handlers.MailLimits{Account: rateOf(l.MailAccount), Network: rateOf(l.MailAddress)}
	c.ClientFailures, c.PublicPushes, c.MaxBody = rateOf(l.ClientFailures), rateOf(l.PublicPushes), int64(l.Body)
	c.Devices = handlers.DeviceLimits{Start: rateOf(l.DeviceStart), Person: rateOf(l.DevicePerson), Network: rateOf(l.DeviceAddress), All: rateOf(l.DeviceAll)}
	c.RegistrationsEach, c.RegistrationsAll = rateOf(cfg.Registration.RateAddress), rateOf(cfg.Registration.RateAll)
}
