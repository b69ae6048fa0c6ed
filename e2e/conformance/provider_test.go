package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"signet/e2e"
	"signet/storage/postgres/pgtest"
)

// provider is a running Signet with TLS.
type provider struct {
	issuer string
	data   string // its directory
	// server calls it as a relying party does, admin as its operator.
	server, admin *http.Client

	// automation is what the suite is told.
	automation *automation

	mu sync.RWMutex // held while a module runs, for writing if it changes the time or the keys of all
	// ahead is how far its clock is ahead of the machine's.
	ahead time.Duration
}

// The providers of this run. They start when the first module wants them.
var (
	// production is signet serve on bolt. Everything runs there that need not wait.
	production = sync.OnceValues(func() (*provider, error) { return attempt(startProduction) })
	// development is signet dev --strict, whose clock can be moved.
	development = sync.OnceValues(func() (*provider, error) { return attempt(startDevelopment) })
	// cluster is signet serve on PostgreSQL.
	cluster = sync.OnceValues(func() (*provider, error) { return attempt(startCluster) })
)

func startProduction() *provider { return startServe("storage.engine=bolt") }

func startCluster() *provider {
	file := filepath.Join(shared.TempDir(), "url")
	write(file, []byte(pgtest.Start(shared)))
	return startServe("storage.engine=postgres", "storage.url_file="+file)
}

func startServe(sets ...string) *provider {
	p, args := configure("id."+site, sets...)
	p.start(append(args, "serve")...)
	return p
}

func startDevelopment() *provider {
	p, args := configure("localhost") // development mode is nowhere else
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(p.issuer, "https://"))
	p.start(append(args, "dev", "--strict", "--json", "--data", p.data, "--port", port)...)
	return p
}

// settingsFile is what operators are given for the Foundation's suite.
const settingsFile = "../../docs/conformance/signet.toml"

// configure writes that file for a provider that is called as the host says, with its certificates, and returns the program's
// arguments.
func configure(host string, sets ...string) (*provider, []string) {
	dir, port := shared.TempDir(), strconv.Itoa(e2e.FreePort(shared))
	trust().files(dir)
	p := newProvider("https://"+host+":"+port, filepath.Join(dir, "data"))
	file := filepath.Join(dir, "signet.toml")
	write(file, []byte(p.own(string(must(os.ReadFile(settingsFile))))))
	args := []string{"--config", file}
	sets = append(sets, "storage.data_dir="+p.data, "server.listen=127.0.0.1:"+port, "passwords.memory=8MiB", "passwords.time=1", "log.level=warn")
	for _, set := range sets {
		args = append(args, "--set", set)
	}
	return p, args
}

// suiteIssuer and suiteBase are the addresses in the files for operators.
const (
	suiteIssuer = "https://id.example.com"
	suiteBase   = "https://localhost.emobix.co.uk:8443"
)

// own puts the addresses of this run into such a file.
func (p *provider) own(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(text, suiteIssuer, p.issuer), suiteBase, theParty().base)
}

// start runs the binary until all tests have ended.
func (p *provider) start(args ...string) {
	process := e2e.Start(shared, shared.TempDir(), nil, e2e.Build(shared, "signet"), args...)
	process.WaitForBy(p.server, p.issuer+"/readyz")
}

func newProvider(issuer, data string) *provider {
	socket := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", filepath.Join(data, "signet.sock"))
	}
	p := &provider{
		data:   data,
		issuer: issuer,
		server: &http.Client{Timeout: time.Minute, Transport: trust().transport(), CheckRedirect: never},
		admin:  &http.Client{Timeout: time.Minute, Transport: &http.Transport{DialContext: socket}},
	}
	p.automation = must(readAutomation(p))
	return p
}

// never is for clients that follow no redirect.
func never(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// The person who signs in.
const (
	personName     = "conform"
	personPassword = "a person of many claims"
)

// operate is an operation of the administration interface.
func (p *provider) operate(method, path string, in, out any) {
	body := must(json.Marshal(in))
	r := must(http.NewRequest(method, "http://signet/api/v1"+path, bytes.NewReader(body)))
	answer := must(p.admin.Do(r))
	defer answer.Body.Close()
	text := must(io.ReadAll(answer.Body))
	if answer.StatusCode/100 != 2 {
		panic(fmt.Errorf("%s %s: status %d: %s", method, path, answer.StatusCode, text))
	}
	if out != nil {
		if err := json.Unmarshal(text, out); err != nil {
			panic(fmt.Errorf("%s %s: %w", method, path, err))
		}
	}
}

// rotate takes a new key for RS256 into use at once. The caller holds mu for writing.
func (p *provider) rotate() error {
	_, err := attempt(func() any {
		p.operate(http.MethodPost, "/keys/RS256/rotate", map[string]bool{"now": true}, nil)
		return nil
	})
	return err
}

// now is the provider's time.
func (p *provider) now() time.Time { return time.Now().Add(p.ahead) }

// advance moves the clock of a development provider. The caller holds mu for writing.
func (p *provider) advance(by time.Duration) error {
	in := bytes.NewReader(must(json.Marshal(map[string]string{"advance": by.String()})))
	answer, err := p.server.Post(p.issuer+"/dev/api/clock", "application/json", in)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("the clock cannot be moved by %s: status %d", by, answer.StatusCode)
	}
	p.ahead += by
	return nil
}

func TestMain(m *testing.M) {
	e2e.Main(m, func(code int) int {
		code = report(code)
		if !shared.close(code != 0) {
			return 1
		}
		return code
	})
}
