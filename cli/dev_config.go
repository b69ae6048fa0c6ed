package cli

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"

	"signet/cli/config"
	"signet/handlers/dev"
	"signet/provider"
)

// devSettings are what development mode sets unless flags say otherwise: hashes cost little, and the console tells what
// the log would, and Ctrl-C does not wait long.
var devSettings = map[string]string{
	"storage.data_dir": devData, "passwords.memory": "8MiB", "passwords.time": "1", "log.level": "warn", "server.shutdown_grace": "2s",
	"registration.policy": "open", "registration.rate_address": "off", "registration.rate_all": "off",
	"registration.grant_types": strings.Join(provider.GrantTypes(), ","), "registration.response_types": strings.Join(provider.ResponseTypes(), ","),
}

// loopbackNetworks may be reached in development mode: the apps that are tried with it are on this machine.
var loopbackNetworks = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

// configure makes the configuration: what was said by flags, environment and --config, and no file that lies about.
func (r *devRun) configure() (err error) {
	if r.flags.port < 0 || r.flags.port > 65535 {
		return usage("--port %d, allowed 0 to 65535", r.flags.port)
	}
	if r.flags.fresh && r.flags.memory {
		return usage("--fresh and --memory: a run in memory is always a fresh one")
	}
	flags, err := r.program.flagSettings()
	if err != nil {
		return err
	}
	for key, value := range devSettings {
		if flags[key] == "" {
			flags[key] = value
		}
	}
	flags["server.listen"] = "127.0.0.1:" + strconv.Itoa(r.wantedPort())
	r.config, err = config.Load(config.Sources{File: r.program.configFile, Environ: os.Environ(), OtherEnv: []string{"SIGNET_CONFIG"}, Flags: flags})
	if err != nil {
		return err
	}
	if err := r.config.Refuse(checkBranding(r.config)); err != nil {
		return err
	}
	if r.config.SignUp.Mode == "closed" {
		r.config.SignUp.Mode = "open" // every mail is caught, so sign-up is there to be tried
	}
	if r.config.Defaulted("login.methods") {
		r.config.Login.Methods = append(r.config.Login.Methods, "mail")
	}
	r.config.Outbound.AllowPrivate = append(r.config.Outbound.AllowPrivate, loopbackNetworks...)
	if r.config.Storage.Engine != "bolt" {
		return fmt.Errorf("%w: storage.engine is %s; a development server keeps its own file", dev.ErrRefused, r.config.Storage.Engine)
	}
	if r.flags.seed != "" {
		if r.seed, err = dev.ReadSeed(r.flags.seed); err != nil {
			return err
		}
	}
	if !r.ownIssuer() {
		r.config.Issuer = r.issuerAt(r.wantedPort())
	}
	if err := r.checkTLS(); err != nil {
		return err
	}
	return dev.CheckIssuer(r.config.Issuer)
}

// wantedPort is one that the configuration takes; 0 is any port, which is known only after listening.
func (r *devRun) wantedPort() int { return max(r.flags.port, 1) }

// ownIssuer tells whether the issuer was chosen by somebody and does not follow from the port.
func (r *devRun) ownIssuer() bool { return !r.config.Derived("issuer") }

// issuerAt is the issuer of a port.
func (r *devRun) issuerAt(port int) string {
	if r.withTLS() {
		return "https://localhost:" + strconv.Itoa(port)
	}
	return "http://localhost:" + strconv.Itoa(port)
}

func (r *devRun) openDirectory() (err error) {
	if r.flags.memory {
		r.dir, err = dev.TemporaryDirectory()
	} else {
		r.dir, err = r.openKept(r.config.Storage.DataDir)
	}
	if err != nil {
		return err
	}
	r.config.Storage.DataDir = r.dir.Path
	return nil
}

func (r *devRun) openKept(path string) (*dev.Directory, error) {
	if devRuns(path) {
		return nil, fmt.Errorf("cli: another signet dev runs on %s: signet dev status tells where; stop it, or use --memory or --data", path)
	}
	if r.flags.fresh {
		if _, err := dev.RemoveDirectory(path); err != nil {
			return nil, err
		}
	}
	return dev.OpenDirectory(path)
}

// devRuns tells whether a server answers on a directory's socket.
func devRuns(path string) bool {
	c, err := net.DialTimeout("unix", socketPath(path), time.Second)
	if err != nil {
		return false
	}
	_ = c.Close()
	return true
}
