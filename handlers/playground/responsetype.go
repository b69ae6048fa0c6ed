package playground

import (
	"slices"
	"strings"

	"signet/templates"
)

// asks tells whether a word is in the request's response type (OAuth 2.0 Multiple Response Types §3 and §5).
func (q *request) asks(word string) bool {
	return slices.Contains(strings.Fields(q.params.Get("response_type")), word)
}

// front tells whether tokens come with the answer, through the browser.
func (q *request) front() bool { return q.asks("token") || q.asks("id_token") }

// promises are the parameters of an answer that is no error: what each word of the response type stands for.
var promises = []struct{ word, param string }{{"code", "code"}, {"token", "access_token"}, {"id_token", "id_token"}}

// fitting are the steps of a flow with a person that some response types have nothing to show for.
var fitting = map[string]func(*request) bool{
	stepPush:   (*request).pushes,
	stepToken:  func(q *request) bool { return q.asks("code") },
	stepAnswer: func(q *request) bool { return q.asks("code") || q.front() },
	stepUse:    func(q *request) bool { return q.asks("code") || q.asks("token") },
}

// steps are those of the flow that the client and the response type have a use for.
func (r *run) steps() []step {
	return slices.DeleteFunc(slices.Clone(r.flow.steps), func(s step) bool {
		if s.name == stepRegister {
			return r.registration == nil
		}
		fits := fitting[s.name]
		return r.flow.browser() && fits != nil && !fits(&r.request)
	})
}

// responseTypes are those that can be picked: the provider's, or if it says nothing the ones that every provider has.
func (r *run) responseTypes() []string {
	if len(r.meta.ResponseTypes) > 0 {
		return r.meta.ResponseTypes
	}
	return []string{"code", "id_token", "id_token token"}
}

// typeWords are the response types that there is something to say about.
var typeWords = []string{"code", "none", "token", "id_token", "id_token token", "code id_token", "code token", "code id_token token"}

// typeMeaning says what a response type brings. Its words may come in any order.
func typeMeaning(name string) templates.Text {
	for _, t := range typeWords {
		if sameWords(t, name) {
			return templates.Msg("playground.type." + strings.ReplaceAll(t, " ", "-"))
		}
	}
	return templates.Text{}
}

func sameWords(a, b string) bool {
	x, y := strings.Fields(a), strings.Fields(b)
	slices.Sort(x)
	slices.Sort(y)
	return slices.Equal(x, y)
}

// warning says what is dangerous about a response type, or nothing.
func (q *request) warning() []templates.Block {
	switch {
	case q.asks("token"):
		return []templates.Block{templates.Notice{ID: "implicit", State: templates.Warn, Text: templates.Msg("playground.type.warn-token")}}
	case q.asks("id_token") && !q.asks("code"):
		return []templates.Block{templates.Notice{ID: "implicit", State: templates.Warn, Text: templates.Msg("playground.type.warn-id_token")}}
	}
	return nil
}
