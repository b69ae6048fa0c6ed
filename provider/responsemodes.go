package provider

import (
	"context"
	"net/url"
	"slices"
	"strings"
)

// responseModes are those of OAuth 2.0 Multiple Response Types §2.1, Form Post Response Mode, and JARM §2.3.
var responseModes = []string{"query", "fragment", "form_post", "jwt", "query.jwt", "fragment.jwt", "form_post.jwt"}

// errorMode is how even a refusal of the request travels: as the request wants it, as far as that can be read and is allowed.
func errorMode(params url.Values) (mode string, jarm bool) {
	words := strings.Fields(params.Get("response_type"))
	front := slices.Contains(words, "token") || slices.Contains(words, "id_token")
	return transport(params.Get("response_mode"), front)
}

// transport takes a response mode apart. What comes with tokens never travels in a query, whatever was asked for.
func transport(asked string, front bool) (mode string, jarm bool) {
	if slices.Contains(responseModes, asked) {
		mode, jarm = strings.TrimSuffix(strings.TrimSuffix(asked, "jwt"), "."), strings.HasSuffix(asked, "jwt")
	}
	switch {
	case mode == "form_post":
	case front:
		mode = "fragment"
	case mode == "":
		mode = "query"
	}
	return mode, jarm
}

// readMode refuses a mode that is unknown, or that would put tokens into a query, where logs and histories keep them.
func (p *Provider) readMode(_ context.Context, in *intent, params url.Values) error {
	asked := params.Get("response_mode")
	if asked == "" {
		return nil
	}
	if !slices.Contains(responseModes, asked) || in.kind.Front && strings.HasPrefix(asked, "query") {
		return refuse("E-MODE-01").got("response_mode %s with response_type %s", asked, in.kind.Name).allowed("%s", strings.Join(modesFor(in.kind), " "))
	}
	return nil
}

func modesFor(kind *responseType) []string {
	return slices.DeleteFunc(slices.Clone(responseModes), func(m string) bool { return kind.Front && strings.HasPrefix(m, "query") })
}
