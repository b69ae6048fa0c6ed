package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
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

	mu sync.RWMutex // held for reading while a module runs, for writing while the clock is moved
	// ahead is how far its clock is ahead of the machine's.
	ahead time.Duration
}

// The providers of this run. They start when the first module wants them.
var (
	// production is signet serve on bolt. Everything runs there that need not wait.
	production = sync.OnceValues(func() (*provider, error) { return attempt(startProduction) })
	// development is signet dev --strict, whose clock can be moved.
	development = sync.OnceValues(func() (*provider, error) { return nil, fmt.Errorf("%w: awaiting signet dev with TLS", errMissing) })
	// cluster is signet serve on PostgreSQL.
	cluster = sync.OnceValues(func() (*provider, error) { return attempt(startCluster) })
)

func startProduction() *provider { return startServe("engine = \"bolt\"") }

func startCluster() *provider {
	return startServe(fmt.Sprintf("engine = \"postgres\"\nurl = %q", pgtest.Start(shared)))
}

// settings are those of docs/conformance.md that the suite wants of a provider.
const settings = `
[passwords]
memory = "8MiB"
time = 1

[limits]
login_account = "off"
login_address = "off"
client_failures = "off"

[tokens]
require_pkce = false

[log]
level = "warn"
`

func startServe(storage string) *provider {
	p, file := configure(storage)
	p.start(file, "serve")
	return p
}

func startDevelopment() *provider {
	p, file := configure("")
	p.start(file, "dev", "--strict", "--json", "--data", p.data, "--port", p.issuer[strings.LastIndexByte(p.issuer, ':')+1:])
	return p
}

// configure chooses an address and writes the configuration.
func configure(storage string) (*provider, string) {
	dir := shared.TempDir()
	p := newProvider(filepath.Join(dir, "data"), e2e.FreePort(shared))
	cert, key, ca := trust().files(dir)
	text := fmt.Sprintf(`issuer = %q

[server]
listen = %q
tls = "files"
cert_file = %q
key_file = %q

[storage]
data_dir = %q
%s

[outbound]
ca_file = %q
allow_private = ["127.0.0.0/8", "::1/128"]
%s`, p.issuer, p.issuer[len("https://"):], cert, key, p.data, storage, ca, settings)
	file := filepath.Join(dir, "signet.toml")
	write(file, []byte(text))
	return p, file
}

// start runs the binary until all tests have ended.
func (p *provider) start(file string, args ...string) {
	process := e2e.Start(shared, filepath.Dir(file), nil, e2e.Build(shared, "signet"), append([]string{"--config", file}, args...)...)
	process.WaitForBy(p.server, p.issuer+"/readyz")
	p.populate()
}

func newProvider(data string, port int) *provider {
	socket := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", filepath.Join(data, "signet.sock"))
	}
	return &provider{
		data:   data,
		issuer: "https://localhost:" + strconv.Itoa(port),
		server: &http.Client{Timeout: time.Minute, Transport: trust().transport(), CheckRedirect: never},
		admin:  &http.Client{Timeout: time.Minute, Transport: &http.Transport{DialContext: socket}},
	}
}

// never is for clients that follow no redirect.
func never(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// populate adds who signs in and the clients that are not registered by modules.
func (p *provider) populate() {
	p.operate(http.MethodPost, "/users", person, nil)
	for _, c := range staticClients() {
		p.operate(http.MethodPost, "/clients", c, nil)
	}
}

// The person who signs in.
const (
	personName     = "conform"
	personPassword = "a person of many claims"
)

// person has every standard claim (OIDC Core §5.1).
var person = map[string]any{
	"username": personName, "password": personPassword, "email": "conform@example.test", "email_verified": true,
	"profile": map[string]any{
		"name": "Conny Marie Form", "given_name": "Conny", "family_name": "Form", "middle_name": "Marie", "nickname": "Con",
		"profile": "https://example.test/people/conform", "picture": "https://example.test/people/conform.png",
		"website": "https://conform.example.test/", "gender": "female", "birthdate": "1987-10-16",
		"zoneinfo": "Europe/Paris", "locale": "fr-FR", "phone_number": "+33612345678", "phone_number_verified": true,
		"address": map[string]any{
			"formatted": "1 rue de la Paix\n75002 Paris\nFrance", "street_address": "1 rue de la Paix", "locality": "Paris",
			"region": "Île-de-France", "postal_code": "75002", "country": "France",
		},
	},
}

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

// alone does something while no other module is between two steps. The caller holds mu for reading.
func (p *provider) alone(do func() error) error {
	p.mu.RUnlock()
	defer p.mu.RLock()
	p.mu.Lock()
	defer p.mu.Unlock()
	return do()
}

// advance moves the clock. The caller holds mu for writing.
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
