package api

import (
	"net/http"
	"slices"
)

// operation is a row of the table of operations. The document that describes them is read off it.
type operation struct {
	Method, Path string
	// Needs is the scope of provider.AdministrationScopes that whoever comes from outside must have.
	Needs string
	// Does says what it does, in a sentence without a full stop.
	Does string
	// Query are the parameters that it takes in its query.
	Query []parameter
	// In and Out are values of the types of what is sent and of what is answered: nil is an empty object.
	In, Out any
	// Lines tells that the answer is many lines, each of the type of Out.
	Lines bool
	Do    func(a *API, r *http.Request) (any, error)
}

// operations is the table.
var operations = slices.Concat(
	statusOperations, clientOperations, registrationOperations, userOperations, importOperations, factorOperations, sessionOperations, consentOperations,
	groupOperations, keyOperations, auditOperations, mailOperations,
)

// parameter is a row of the table of what an operation takes in its query.
type parameter struct {
	Name string
	// Says what it is, in a sentence without a full stop.
	Says string
	// Of is a value of its type.
	Of any
	// Least and Most bound a number, if Most is not 0.
	Least, Most int
	// Words are all that a text may be, if there are any.
	Words []string
}

// paged are what every list in pages takes.
var paged = []parameter{
	{Name: "after", Says: "the cursor that the page before named as next", Of: ""},
	{Name: "limit", Says: "how many items the page has at most; 50 if it is left out", Of: 0, Least: 1, Most: maxPage},
}

// found are what a list takes that can be searched.
var found = append([]parameter{{Name: "prefix", Says: "with what the items' names begin", Of: ""}}, paged...)

// maxPage is how many items a page may have.
const maxPage = 200
