// Package libraries_test has client libraries that others have written speak with the provider. Each is driven by a small
// program in its own language, which knows nothing but the issuer. What a program cannot do itself it asks for, a line at a
// time: "visit URL" is answered with the address at which the browser arrived back, and the form that it brought, if any; "passed NAME" reports a flow.
package libraries_test

import (
	"bufio"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"signet/e2e"
	"signet/handlers/robot"
)

func TestMain(m *testing.M) { e2e.Main(m) }

// library is a program and what it has to show.
type library struct {
	command func(t *testing.T) []string
	flows   []string
}

var libraries = map[string]library{
	"openid-client": {nodeProgram("openid-client.js"), []string{
		"dynamic registration", "code with PKCE and private_key_jwt", "userinfo", "refresh", "introspection", "revocation",
		"pushed request", "request object", "pushed request object", "signed response", "hybrid flow", "implicit flow", "logout",
		"client_secret_jwt", "encrypted ID token", "signed userinfo", "device flow", "registration removed",
	}},
	"oauth4webapi": {nodeProgram("oauth4webapi.js"), []string{
		"dynamic registration", "pushed request", "signed introspection", "form_post and hybrid", "client credentials",
	}},
	"Authlib": {pythonProgram, []string{"dynamic registration", "code with private_key_jwt", "client_secret_jwt", "registration read"}},
	"Nimbus": {javaProgram, []string{
		"discovery", "dynamic registration", "pushed request object", "private_key_jwt", "signed response", "userinfo", "logout", "registration removed",
	}},
}

func TestLibraries(t *testing.T) {
	provider := e2e.Development(t)
	for name, l := range libraries {
		t.Run(name, func(t *testing.T) {
			got := drive(t, provider, l.command(t))
			for _, flow := range l.flows {
				if !slices.Contains(got, flow) {
					t.Errorf("%s has not passed", flow)
				}
			}
		})
	}
}

// drive runs a program to its end and returns the flows that it has passed.
func drive(t *testing.T, provider *e2e.Provider, command []string) (passed []string) {
	t.Helper()
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Env = append(os.Environ(), "ISSUER="+provider.Issuer)
	var errs strings.Builder
	cmd.Stderr = &errs
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill() }()
	passed = converse(t, robot.New(t, provider.Issuer), provider.Password, out, in)
	if err := cmd.Wait(); err != nil {
		t.Errorf("%s: %v after %q\n%s", filepath.Base(command[len(command)-1]), err, passed, errs.String())
	}
	return passed
}

func converse(t *testing.T, person *robot.Browser, password string, out io.Reader, in io.Writer) (passed []string) {
	t.Helper()
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		word, rest, _ := strings.Cut(lines.Text(), " ")
		switch word {
		case "passed":
			passed = append(passed, rest)
		case "visit":
			if _, err := fmt.Fprintln(in, visit(t, person, password, rest)); err != nil {
				t.Error(err)
				return passed
			}
		default:
			t.Log(lines.Text())
		}
	}
	return passed
}

// maxPages is how many pages a person sees on the way, at the most.
const maxPages = 8

// visit opens an address as a person who agrees to everything, and returns where that has led.
func visit(t *testing.T, person *robot.Browser, password, address string) string {
	t.Helper()
	person.Get(address)
	for range maxPages {
		switch {
		case person.Left():
			return person.URL().String()
		case person.Has("login"):
			person.Submit("login", url.Values{"identifier": {"ada"}, "password": {password}})
		case person.Has("device"):
			person.Submit("device", nil)
		case person.Has("allow"):
			person.Press("allow", nil)
		case person.Has("continue"):
			return formOf(person)
		default: // the way ends at the provider
			return address
		}
	}
	t.Errorf("%s: more than %d pages, the last at %s", address, maxPages, person.URL())
	return person.URL().String()
}

// formOf is the page's form to another site as a program gets it: the address, a tab, the fields.
func formOf(person *robot.Browser) string {
	fields := url.Values{}
	values := person.All("input", "value")
	for i, name := range person.All("input", "name") {
		fields.Set(name, values[i])
	}
	return person.All("form", "action")[0] + "\t" + fields.Encode()
}

func nodeProgram(file string) func(*testing.T) []string {
	return func(t *testing.T) []string {
		node, err := exec.LookPath("node")
		if err != nil {
			e2e.Missing(t, "no Node.js on this machine")
		}
		if _, err := os.Stat("javascript/node_modules/openid-client"); err != nil {
			e2e.Missing(t, "no openid-client: make setup")
		}
		return []string{node, "javascript/" + file}
	}
}

func pythonProgram(t *testing.T) []string {
	python, err := filepath.Abs("../../.ci/python/bin/python")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(python); err != nil {
		e2e.Missing(t, "no Python environment: make setup")
	}
	return []string{python, "python/flows.py"}
}

// javaProgram is compiled by the launcher itself, which takes a second.
func javaProgram(t *testing.T) []string {
	java, err := exec.LookPath("java")
	if err != nil {
		e2e.Missing(t, "no Java on this machine")
	}
	jars, err := filepath.Glob("../../.ci/java/*.jar")
	if err != nil || len(jars) == 0 {
		e2e.Missing(t, "no Java packages: make setup")
	}
	return []string{java, "-cp", strings.Join(jars, string(os.PathListSeparator)), "java/Flows.java"}
}
