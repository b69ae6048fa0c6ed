package templates

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"path"
	"regexp"
	"strings"

	"golang.org/x/net/html"
)

// checkSources looks for what browsers would not obey: the Content-Security-Policy stays as it is, so better say so than be ignored.
func checkSources(overlay fs.FS) (flaws Flaws) {
	for _, look := range []struct {
		pattern string
		at      func(name string, raw []byte) Flaws
	}{{"html/*.html", checkMarkup}, {"mail/*.html", checkMarkup}, {"static/*.css", checkSheet}} {
		names, err := fs.Glob(overlay, look.pattern)
		if err != nil {
			return Flaws{{Text: err.Error()}}
		}
		for _, name := range names {
			raw, err := fs.ReadFile(overlay, name)
			if err != nil {
				flaws = append(flaws, Flaw{File: name, Text: "cannot be read: " + reason(err)})
				continue
			}
			flaws = append(flaws, look.at(name, raw)...)
		}
	}
	return flaws
}

// actions are what is between braces; what they put there is data, and html/template sees to it.
var actions = regexp.MustCompile(`(?s)\{\{.*?\}\}`)

// checkMarkup reads a template's own HTML.
func checkMarkup(name string, raw []byte) (flaws Flaws) {
	raw = actions.ReplaceAllFunc(raw, func(a []byte) []byte { return bytes.Repeat([]byte("\n"), bytes.Count(a, []byte("\n"))) })
	z, line, inScript := html.NewTokenizer(bytes.NewReader(raw)), 1, false
	for {
		kind, at := z.Next(), line
		line += bytes.Count(z.Raw(), []byte("\n"))
		why := ""
		switch kind {
		case html.ErrorToken:
			if err := z.Err(); !errors.Is(err, io.EOF) {
				flaws = append(flaws, Flaw{File: name, Line: at, Text: err.Error()})
			}
			return flaws
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			inScript = t.Data == "script"
			why = forbidden(t, path.Dir(name) == "mail")
		case html.TextToken:
			if inScript && strings.TrimSpace(string(z.Raw())) != "" {
				why = "no script is written into a page"
			}
		case html.EndTagToken:
			inScript = false
		}
		if why != "" {
			flaws = append(flaws, Flaw{File: name, Line: at, Text: why})
		}
	}
}

// loading are the attributes by which elements load something.
var loading = map[string][]string{
	"img": {"src", "srcset"}, "script": {"src"}, "link": {"href"}, "source": {"src", "srcset"}, "iframe": {"src", "srcdoc"}, "audio": {"src"}, "video": {"src", "poster"},
	"input": {"src"}, "form": {"action"}, "button": {"formaction"}, "body": {"background"}, "use": {"href"}, "image": {"href"},
}

// forbidden says what is wrong with an element.
func forbidden(t html.Token, mail bool) string {
	switch t.Data {
	case "base", "object", "embed", "applet", "frame", "frameset":
		return "no page has <" + t.Data + ">"
	case "style":
		if !mail {
			return "no page has a style of its own; write it into static/added.css"
		}
	case "script":
		if mail {
			return "no mail has a script"
		}
	}
	for _, a := range t.Attr {
		switch {
		case strings.HasPrefix(a.Key, "on"):
			return "no element has " + a.Key + ": scripts are files"
		case a.Key == "style" && !mail:
			return "no element has a style of its own; give it a class, and write that into static/added.css"
		case t.Data == "meta" && a.Key == "http-equiv":
			return "headers are the server's"
		}
		for _, name := range loading[t.Data] {
			if a.Key == name && elsewhere(a.Val) {
				return "nothing is loaded from elsewhere, and no form leads there"
			}
		}
	}
	return ""
}

// elsewhere tells an address that leaves this server.
func elsewhere(address string) bool {
	address = strings.TrimSpace(strings.ToLower(address))
	if strings.HasPrefix(address, "cid:") || strings.HasPrefix(address, "data:image/") {
		return false
	}
	scheme, _, found := strings.Cut(address, ":")
	return strings.HasPrefix(address, "//") || strings.HasPrefix(address, `\`) || found && scheme != "" && !strings.ContainsAny(scheme, "/?#")
}

var (
	// loads is what makes a style sheet load something.
	loads = regexp.MustCompile(`(?i)@import|url\(\s*["']?([^"')]*)`)
	// ofAsset is an asset's name in a style sheet: url(asset:name).
	ofAsset  = regexp.MustCompile(`url\(\s*["']?asset:([a-z0-9.-]+)["']?\s*\)`)
	comments = regexp.MustCompile(`(?s)/\*.*?\*/`)
)

// checkSheet refuses what a style sheet would load from elsewhere.
func checkSheet(name string, raw []byte) (flaws Flaws) {
	raw = comments.ReplaceAllFunc(raw, func(c []byte) []byte { return bytes.Repeat([]byte("\n"), bytes.Count(c, []byte("\n"))) })
	for _, found := range loads.FindAllSubmatchIndex(raw, -1) {
		at := 1 + bytes.Count(raw[:found[0]], []byte("\n"))
		if found[2] < 0 {
			flaws = append(flaws, Flaw{File: name, Line: at, Text: "@import loads nothing; write everything into one file"})
			continue
		}
		if address := string(raw[found[2]:found[3]]); !strings.HasPrefix(address, "asset:") && !strings.HasPrefix(address, "data:image/") && !strings.HasPrefix(address, "#") {
			flaws = append(flaws, Flaw{File: name, Line: at, Text: "name a file of static as url(asset:name.png); nothing else is loaded"})
		}
	}
	return flaws
}
