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

	"signet/templates"
)

var index = template.Must(template.New("index").Parse(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Pages</title><link rel="stylesheet" href="{{.Style}}"></head>
<body><main><div class="card"><h1>Pages</h1><ul class="link-list">{{range .Samples}}<li><a href="/page/{{.Name}}">{{.Name}}</a></li>{{end}}</ul></div></main></body></html>
`))

func main() {
	addr := flag.String("addr", "127.0.0.1:8099", "address to listen on")
	flag.Parse()
	set, err := templates.New(templates.Options{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("pages at http://%s/\n", *addr)
	log.Fatal(http.ListenAndServe(*addr, handler(set)))
}

// handler serves the index, the samples and the assets.
func handler(set *templates.Set) http.Handler {
	mux := http.NewServeMux()
	samples := templates.Samples()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		err := index.Execute(w, map[string]any{"Style": set.Asset("style.css"), "Samples": samples})
		if err != nil {
			log.Print(err)
		}
	})
	for _, s := range samples {
		mux.HandleFunc("GET /page/"+s.Name, func(w http.ResponseWriter, r *http.Request) { show(set, s.Page, w, r) })
	}
	for path, a := range set.Assets() {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", a.ContentType)
			w.Write(a.Bytes)
		})
	}
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
	w.Header().Set("Content-Security-Policy", p.Policy().String())
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Write(b.Bytes())
}
