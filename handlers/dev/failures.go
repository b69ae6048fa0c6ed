package dev

import (
	"net/http"
)

// failures are those that were ordered and have not happened yet.
type failures struct {
	journal *Journal
}

func newFailures(j *Journal) *failures { return &failures{journal: j} }

func (f *failures) interfere(http.ResponseWriter, *http.Request, string) bool { return false }
