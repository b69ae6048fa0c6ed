// Command preview serves every page in every state, so that one can look at them. It is for those who work on the pages.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"html/template"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
	"strings"

	"signet/templates"
)

var index = template.Must(template.New("index").Parse(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Pages</title><link rel="stylesheet" href="{{.Style}}"></head>
<body><main><div class="card"><h1>Pages</h1><ul class="link-list">{{range .Samples}}<li><a href="/page/{{.Name}}">{{.Name}}</a></li>{{end}}</ul><h2>Mails</h2><ul class="link-list">{{range .Letters}}<li><a href="/mail/{{.Kind}}">{{.Kind}}</a></li>{{end}}</ul></div></main></body></html>
`))

func main() {
	addr := flag.String("addr", "127.0.0.1:8099", "address to listen on")
	dir := flag.String("templates", "", "directory of files in place of the built-in ones")
	var brand templates.Brand
	flag.StringVar(&brand.Light.Accent, "accent", "", "colour of links, buttons and focus, #rrggbb")
	flag.StringVar(&brand.Light.Background, "background", "", "colour behind everything")
	flag.StringVar(&brand.Light.Card, "card", "", "colour behind what is to be read")
	flag.StringVar(&brand.Light.Text, "text", "", "colour of the words")
	logo := flag.String("logo", "", "PNG file of the logo")
	flag.BoolVar(&brand.LogoAlone, "logo-alone", false, "leave out the name beside the logo")
	flag.Parse()
	set, err := open(*dir, *logo, brand)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("pages at http://%s/\n", *addr)
	log.Fatal(http.ListenAndServe(*addr, handler(set)))
}

// open makes the pages with a look.
func open(dir, logo string, brand templates.Brand) (*templates.Set, error) {
	for _, s := range brand.Check() {
		return nil, fmt.Errorf("%s; the nearest that passes: %s", s.Got, s.Nearest)
	}
	if logo != "" {
		raw, err := os.ReadFile(logo)
		if err != nil {
			return nil, err
		}
		if brand.Logo, err = templates.NewImage(raw); err != nil {
			return nil, err
		}
	}
	if dir != "" {
		return templates.OpenDirectory(dir, brand)
	}
	return templates.New(templates.Options{Brand: brand})
}

// handler serves the index, the samples and the assets.
func handler(set *templates.Set) http.Handler {
	mux := http.NewServeMux()
	samples := templates.Samples()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		err := index.Execute(w, map[string]any{"Style": set.Asset("style.css"), "Samples": samples, "Letters": set.SampleLetters()})
		if err != nil {
			log.Print(err)
		}
	})
	for _, s := range samples {
		mux.HandleFunc("GET /page/"+s.Name, func(w http.ResponseWriter, r *http.Request) { show(set, s.Page, w, r) })
	}
	for _, l := range set.SampleLetters() {
		mux.HandleFunc("GET /mail/"+l.Kind, func(w http.ResponseWriter, r *http.Request) { showMail(set, l, w, r) })
	}
	for path, a := range set.Assets() {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", a.ContentType)
			w.Write(a.Bytes)
		})
	}
	mux.HandleFunc("POST "+templates.LanguagePath, func(w http.ResponseWriter, r *http.Request) {
		page, _, _ := strings.Cut(r.Referer(), "?")
		http.Redirect(w, r, page+"?ui_locales="+url.QueryEscape(r.FormValue("language")), http.StatusSeeOther)
	})
	mux.HandleFunc("GET /logo/", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, set.Asset("icon.svg"), http.StatusSeeOther)
	})
	mux.HandleFunc("GET /login/passkey", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "{}") })
	return mux
}

// show renders a page with the policy that it would have in earnest, in the language that the browser prefers.
func show(set *templates.Set, p templates.Page, w http.ResponseWriter, r *http.Request) {
	var b bytes.Buffer
	if err := set.Render(&b, set.Match(r.FormValue("ui_locales"), r.Header.Get("Accept-Language")), p); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Security-Policy", set.Policy(p))
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Write(b.Bytes())
}

// showMail writes a letter as a mail program shows it, its pictures in it.
func showMail(set *templates.Set, l templates.Letter, w http.ResponseWriter, r *http.Request) {
	written, err := set.Write(l, r.FormValue("ui_locales"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	io.WriteString(w, written.Shown())
}
