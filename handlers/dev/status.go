package dev

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"signet/provider"
)

// Status is what whoever develops against the server needs to know of it.
type Status struct {
	Version    string `json:"version"`
	Issuer     string `json:"issuer"`
	Discovery  string `json:"discovery"`
	Playground string `json:"playground,omitempty"`
	// Page is the index of development mode.
	Page string `json:"page"`
	// Strict servers know registered clients only.
	Strict bool `json:"strict"`
	// Exposed is the address at which others can reach the server.
	Exposed string `json:"exposed,omitempty"`
	// Data is the data directory; Kept tells whether it stays.
	Data string `json:"data"`
	Kept bool   `json:"kept"`
	// Authority is the file with the certificate (PEM) of whoever vouches for the server's own; empty without TLS.
	Authority string `json:"authority,omitempty"`
	// Process is the server's process id.
	Process int       `json:"pid"`
	Now     time.Time `json:"time"`
	// Ahead is how far the clock is ahead of the machine's, a duration of Go, or empty.
	Ahead string `json:"clock_ahead,omitempty"`
	// People are the first few that can sign in, More how many there are beside.
	People []PersonNote `json:"people"`
	More   bool         `json:"more_people,omitempty"`
}

// PersonNote is a person with what is special about them.
type PersonNote struct {
	Name  string `json:"username"`
	Email string `json:"email,omitempty"`
	Note  string `json:"note,omitempty"`
}

// First is the page to open first.
func (s Status) First() string {
	if s.Playground != "" {
		return s.Playground
	}
	return s.Page
}

// WriteBlock writes the status for a person.
func (s Status) WriteBlock(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "\n  signet %s   development mode — never expose this to a network\n", s.Version)
	section(&b, [2]string{"Open first", s.First()}, [2]string{"Issuer", s.Issuer}, [2]string{"Discovery", s.Discovery}, [2]string{"Certificate", s.certificateLine()}, [2]string{"Exposed", s.Exposed})
	people := append(s.peopleLines(), "Pick a name on the sign-in page, or use the password: "+Password)
	section(&b, under("People", people)...)
	section(&b, under("Your app", s.clientLines())...)
	section(&b, under("Next", s.nextLines())...)
	b.WriteByte('\n')
	_, err := io.WriteString(w, b.String())
	return err
}

// certificateLine says how programs come to trust the server.
func (s Status) certificateLine() string {
	if s.Authority == "" {
		return ""
	}
	return "signet dev trust   lets this machine trust " + s.Authority
}

// section writes rows of a name and what it names; those that say nothing are left out.
func section(b *strings.Builder, rows ...[2]string) {
	b.WriteByte('\n')
	for _, row := range rows {
		if row[1] != "" {
			fmt.Fprintf(b, "  %-13s  %s\n", row[0], row[1])
		}
	}
}

// under names the first of some lines.
func under(name string, lines []string) [][2]string {
	rows := make([][2]string, len(lines))
	for i, line := range lines {
		rows[i][1] = line
	}
	rows[0][0] = name
	return rows
}

// aligned joins cells to lines, column below column.
func aligned(rows [][]string) []string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	_ = w.Flush() // a strings.Builder takes everything
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
	}
	return lines
}

func (s Status) peopleLines() []string {
	rows := [][]string{}
	for _, p := range s.People {
		rows = append(rows, []string{p.Name, p.Email + " ", p.Note})
	}
	if len(rows) == 0 {
		return nil
	}
	lines := aligned(rows)
	if s.More {
		lines = append(lines, "and more")
	}
	return lines
}

func (s Status) nextLines() []string {
	data := ""
	if s.Data != DefaultData {
		data = " --data " + provider.ShellWord(s.Data)
	}
	lines := []string{fmt.Sprintf("%-32s  %s", "signet dev status -o env"+data, "prints this block for scripts")}
	if s.Kept {
		return append(lines, fmt.Sprintf("%-32s  %s", "data in "+s.shownData()+" (kept)", "signet dev --fresh"+data+" starts over"))
	}
	return append(lines, fmt.Sprintf("data in %s (removed in the end)", s.shownData()))
}

// DefaultData is the data directory of a development server that was told no other.
const DefaultData = ".signet-dev"

// shownData marks a directory's name as one, if it could be another word.
func (s Status) shownData() string {
	if strings.ContainsRune(s.Data, '/') {
		return s.Data
	}
	return "./" + s.Data
}

func (s Status) clientLines() []string {
	if s.Strict {
		return aligned([][]string{{"issuer", s.Issuer}, {"client_id", "only those of: signet client add --data " + provider.ShellWord(s.Data)}})
	}
	return aligned([][]string{
		{"issuer", s.Issuer},
		{"client_id", "any name          (created on first use)"},
		{"client_secret", "any value, or none with PKCE"},
		{"redirect_uri", "any http://localhost:* or http://127.0.0.1:*"},
	})
}

// WriteEnv writes the status as assignments of a shell.
func (s Status) WriteEnv(w io.Writer) error {
	rows := [][2]string{{"ISSUER", s.Issuer}, {"DISCOVERY", s.Discovery}}
	if s.Authority != "" {
		rows = append(rows, [2]string{"NODE_EXTRA_CA_CERTS", s.Authority}, [2]string{"AUTHORITY", s.Authority})
	}
	if !s.Strict {
		rows = append(rows, [2]string{"CLIENT_ID", "my-app"}, [2]string{"CLIENT_SECRET", "any"})
	}
	var b strings.Builder
	for _, row := range rows {
		fmt.Fprintf(&b, "%s=%s\n", row[0], provider.ShellWord(row[1]))
	}
	_, err := io.WriteString(w, b.String())
	return err
}
