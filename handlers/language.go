package handlers

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"signet/templates"
)

// languageRoute is where the menu of languages leads. It does nothing in anybody's name, and pages have its form that no cookie has come
// to yet, so there is no token; other sites' posts are refused.
func (h *Handlers) languageRoute() Route {
	return Route{Methods: post, Path: templates.LanguagePath, Audience: ForFlow, Policy: ownPages, Handler: h.languageChosen}
}

// languageChosen notes the language in this browser, and goes back to the page.
func (h *Handlers) languageChosen(w http.ResponseWriter, r *http.Request) error {
	if tag := r.PostForm.Get("language"); slices.Contains(h.pages.Set.Tags(), tag) {
		h.cookies.setLanguage(w, tag)
	}
	seeOther(w, h.base+h.backFrom(r))
	return nil
}

// backFrom is where to go back to: what the page says of itself or, if the browser says the same page with more in its address, that.
// Pages do not say all that was in their address, because that may be anything.
func (h *Handlers) backFrom(r *http.Request) string {
	back := r.PostForm.Get("return")
	if !templates.IsLocal(back) {
		back = "/"
	}
	from, err := url.Parse(r.Referer())
	if err != nil || from.Host != r.Host || from.RawQuery == "" {
		return back
	}
	full, ok := strings.CutPrefix(from.RequestURI(), h.base)
	if path, _, _ := strings.Cut(full, "?"); ok && templates.IsLocal(full) && path == strings.Split(back, "?")[0] {
		return full
	}
	return back
}

// language is that of the answer to a request: what the person chose in this browser, else what the application wishes for
// (ui_locales, OIDC Core §3.1.2.1), else what the person's own profile says, else what the browser asks for.
func (h *Handlers) language(r *http.Request, uiLocales ...string) *templates.Language {
	x := exchangeOf(r)
	wishes := slices.Concat([]string{h.chosenLanguage(r)}, uiLocales, x.locales)
	if x.endpoint != nil && x.endpoint.Path == authorizePath { // a request that came to no page
		wishes = append(wishes, r.URL.Query().Get("ui_locales"), r.PostForm.Get("ui_locales"))
	}
	if x.visitor != nil && x.visitor.person != nil {
		wishes = append(wishes, x.visitor.person.Locale)
	}
	return h.pages.Set.Match(strings.Join(wishes, " "), r.Header.Get("Accept-Language"))
}

// chosenLanguage is what the cookie says, if it says one of our languages.
func (h *Handlers) chosenLanguage(r *http.Request) string {
	tag := h.cookies.read(r, h.cookies.language)
	if !slices.Contains(h.pages.Set.Tags(), tag) {
		return ""
	}
	return tag
}

// carried are the parameters with which a page can be had once more by GET.
var carried = []string{requestParam, pendingParam, linkParam, mailedParam}

// again is the local path that leads to the present page once more, or at least to one like it. Of its parameters it has those that we
// have made.
// An address that leads nowhere is a stranger's word, and is not repeated.
func (h *Handlers) again(r *http.Request) string {
	if exchangeOf(r).endpoint.Path == unmatched {
		return "/"
	}
	params := r.PostForm
	if safeMethod(r.Method) {
		params = r.URL.Query()
	}
	kept := url.Values{}
	for _, name := range carried {
		if v := params.Get(name); v != "" {
			kept.Set(name, v)
		}
	}
	target, ok := strings.CutPrefix(r.URL.EscapedPath(), h.base)
	if len(kept) > 0 {
		target += "?" + kept.Encode()
	}
	if !ok || !templates.IsLocal(target) {
		return "/"
	}
	return target
}
