package api

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
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
	statusOperations, clientOperations, registrationOperations, userOperations, leavingOperations, importOperations, factorOperations, sessionOperations, consentOperations, connectionOperations,
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

// checkQuery refuses a query with anything but the operation's parameters, each once and as the table has it.
func (op operation) checkQuery(r *http.Request) error {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return fault(http.StatusBadRequest, "invalid", "query: %v", err)
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		i := slices.IndexFunc(op.Query, func(p parameter) bool { return p.Name == name })
		switch {
		case i < 0:
			return fault(http.StatusBadRequest, "invalid", "query: no parameter %.100q; allowed: %s", name, strings.Join(op.parameterNames(), ", "))
		case len(values[name]) > 1:
			return fault(http.StatusBadRequest, "invalid", "query: %s, %d times, allowed once", name, len(values[name]))
		case !op.Query[i].takes(values.Get(name)):
			return fault(http.StatusBadRequest, "invalid", "%s %.100q, allowed %s", name, values.Get(name), op.Query[i].allowed())
		}
	}
	return nil
}

func (op operation) parameterNames() []string {
	names := []string{}
	for _, p := range op.Query {
		names = append(names, p.Name)
	}
	return names
}

// takes tells whether a value is one that the parameter may have. An empty one is as good as none.
func (p parameter) takes(value string) bool {
	switch {
	case value == "":
		return true
	case p.Words != nil:
		return slices.Contains(p.Words, value)
	case p.Most > 0:
		n, err := strconv.Atoi(value)
		return err == nil && n >= p.Least && n <= p.Most
	}
	return true
}

func (p parameter) allowed() string {
	if p.Words != nil {
		return strings.Join(p.Words, ", ")
	}
	return fmt.Sprintf("%d to %d", p.Least, p.Most)
}

// Operations are the operations as "METHOD /path", in the order of the table.
func Operations() []string {
	names := make([]string, len(operations))
	for i, op := range operations {
		names[i] = op.Method + " " + op.Path
	}
	return names
}
