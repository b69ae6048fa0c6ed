package conformance

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"

	"signet/handlers/robot"
)

// The browser is driven by the file that operators give to the Foundation's suite, so that it is known to work: each entry is
// for addresses that the suite opens, each task for a page, by the ids and the words of our pages. This understands the part
// of the language that the file uses.

// suiteFile is that file.
const suiteFile = "../../docs/conformance/suite.json"

type automation struct {
	Client     staticClient `json:"client"`
	Client2    staticClient `json:"client2"`
	ClientPost staticClient `json:"client_secret_post"`
	Browser    []automated  `json:"browser"`
	Override   map[string]struct {
		Browser []automated `json:"browser"`
	} `json:"override"`
}

type automated struct {
	Match string `json:"match"`
	Tasks []struct {
		Task     string  `json:"task"`
		Match    string  `json:"match"`
		Optional bool    `json:"optional"`
		Commands [][]any `json:"commands"`
	} `json:"tasks"`
}

// staticClient is one that the operator has made.
type staticClient struct {
	ID     string `json:"client_id"`
	Secret string `json:"client_secret"`
}

// readAutomation reads the file for a provider.
func readAutomation(p *provider) (*automation, error) {
	text, err := os.ReadFile(suiteFile)
	if err != nil {
		return nil, err
	}
	a := &automation{}
	return a, json.Unmarshal([]byte(p.own(string(text))), a)
}

// matches is the suite's comparison: * is any text.
func matches(pattern, text string) bool {
	if pattern == "" {
		return true
	}
	parts := strings.Split(pattern, "*")
	for i := range parts {
		parts[i] = regexp.QuoteMeta(parts[i])
	}
	return regexp.MustCompile("^" + strings.Join(parts, ".*") + "$").MatchString(text)
}

// landing is where a browser has come to.
type landing struct {
	url *url.URL
	// came is what arrived at the relying party, nil if the browser is at the provider.
	came *received
	// shown are the ids of our pages' main parts that were seen on the way.
	shown []string
}

// arrived tells whether the browser is at the relying party.
func (l *landing) arrived() bool { return l.came != nil }

// saw tells whether a page was seen.
func (l *landing) saw(id string) bool {
	return slices.Contains(l.shown, id)
}

// visit opens an address of the provider's and does what the automation says.
func (m *run) visit(address string) *landing {
	return m.drive(address, func(b *robot.Browser) { b.Get(address) })
}

// post opens an address by a form of the relying party's.
func (m *run) post(address string, form params) *landing {
	values, err := url.ParseQuery(form.encode())
	m.ran(err)
	return m.drive(address+"?"+form.encode(), func(b *robot.Browser) { b.PostFrom(theParty().base, address, values) })
}

func (m *run) drive(address string, open func(*robot.Browser)) *landing {
	script := m.provider.automation
	list := script.Browser
	if own, ok := script.Override[m.module]; ok {
		list = own.Browser
	}
	l := &landing{}
	open(m.browser)
	m.settle(l)
	for _, entry := range list {
		if !matches(entry.Match, address) {
			continue
		}
		for _, task := range entry.Tasks {
			if !matches(task.Match, l.url.String()) {
				m.need(task.Optional, "the browser is at %s, and task %q is for %s", m.where(), task.Task, task.Match)
				continue
			}
			for _, command := range task.Commands {
				m.obey(l, command)
			}
		}
		return l
	}
	m.fail("%s has nothing for %s", suiteFile, address)
	return nil
}

// parts are the ids by which a page is known.
var parts = []string{"login", "consent", "select", "form-post", "error", "leaving", "sign-out", "signed-out"}

// settle goes where a browser goes by itself: to the relying party, on by the form of a form_post answer, which a script
// submits, and on from a page that leaves when its frames have loaded.
func (m *run) settle(l *landing) {
	b := m.browser
	for _, id := range parts {
		if !b.Left() && b.Has(id) {
			l.shown = append(l.shown, id)
		}
	}
	switch {
	case b.Left():
	case b.Has("form-post"):
		b.Submit("form-post", nil)
	case b.Has("signed-out"):
		m.frames()
	}
	if b.Left() {
		to := b.URL()
		m.need(origin(to.String()) == theParty().base, "the browser was sent to %s", to)
		if to.Fragment != "" {
			defer func() { l.url = to }() // browsers keep the fragment to themselves
		}
		b.Get(to.String())
	}
	l.url, l.came = b.URL(), nil
	if text := b.TextOf("received"); text != "" && origin(l.url.String()) == theParty().base {
		m.read(l, text)
	}
}

// frames loads the frames of a page, if its policy lets it, and follows the script that leaves it.
func (m *run) frames() {
	b := m.browser
	for _, src := range b.All("iframe", "src") {
		m.want(b.Allows("frame-src", src), "the page's policy does not allow its frame %s", src)
		answer := m.send(http.MethodGet, src, "", nil)
		m.want(answer.status == http.StatusOK, "the frame %s: status %d", src, answer.status)
	}
	if slices.ContainsFunc(b.All("script", "src"), func(src string) bool { return strings.HasSuffix(src, "/leave.js") }) {
		to := b.Attribute("continue", "href")
		m.need(origin(to) == theParty().base, "the page leads to %s", to)
		b.Get(to)
	}
}

// read reads what the relying party says that it has received.
func (m *run) read(l *landing, text string) {
	l.came = &received{}
	came, err := base64.StdEncoding.DecodeString(text)
	m.ran(err)
	m.ran(json.Unmarshal(came, l.came))
}

// obey does one command: ["text", by, target, value, "optional"], ["click", by, target, "optional"],
// ["wait", by, target, seconds, words, action] or ["wait", "match", pattern, seconds]. Nothing needs waiting for here.
func (m *run) obey(l *landing, command []any) {
	word := func(i int) string {
		if i >= len(command) {
			return ""
		}
		s, _ := command[i].(string)
		return s
	}
	verb, by, target := word(0), word(1), word(2)
	if verb == "wait" && by == "match" {
		m.need(regexp.MustCompile(target).MatchString(l.url.String()), "the browser is at %s, want %s", m.where(), target)
		return
	}
	id, ok := m.find(by, target)
	switch {
	case !ok:
		m.need(verb != "wait" && word(len(command)-1) == "optional", "no %s %s at %s", by, target, m.where())
	case verb == "text":
		m.type_(id, word(3))
	case verb == "click":
		m.click(l, id)
	case verb == "wait":
		if words := word(4); words != "" {
			m.need(regexp.MustCompile(words).MatchString(m.browser.TextOf(id)), "%s says %q, want %q", id, m.browser.TextOf(id), words)
		}
		m.fill(word(5))
	default:
		m.fail("%s: the command %q is not known here", suiteFile, verb)
	}
}

// fill puts the page where the module waits for a picture of one. The suite does not like a picture that nobody waits for.
func (m *run) fill(action string) {
	switch {
	case action == "":
	case m.placeholder != "":
		m.look(m.placeholder + ": " + m.browser.Text())
		m.placeholder = ""
	default:
		m.need(action == "update-image-placeholder-optional", "%s: %q where no picture is wanted", suiteFile, action)
	}
}

// selector is the part of CSS that the file uses: an element by its id, which must not be disabled or read-only.
var selector = regexp.MustCompile(`^#([a-z-]+)(?::not\(\[(disabled|readonly)\]\))?$`)

func (m *run) find(by, target string) (id string, ok bool) {
	if by == "id" {
		return target, m.browser.Has(target)
	}
	parts := selector.FindStringSubmatch(target)
	m.need(by == "css" && parts != nil, "%s: %s %q is not known here", suiteFile, by, target)
	id = parts[1]
	return id, m.browser.Has(id) && (parts[2] == "" || !m.browser.HasAttribute(id, parts[2]))
}

// type_ keeps what is typed into a field until its form is sent.
func (m *run) type_(field, value string) { m.typed.Set(field, value) }

// click presses a button, or follows a link.
func (m *run) click(l *landing, id string) {
	change := m.typed
	m.typed = url.Values{}
	m.browser.Press(id, change)
	m.settle(l)
}
