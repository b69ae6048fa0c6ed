package api

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"signet/provider/audit"
)

var auditOperations = []operation{
	{
		Method: "GET", Path: "/audit", Needs: "audit:read", Does: "Finds records of the audit trail, the oldest first", Out: AuditRecord{}, Lines: true, Do: (*API).searchAudit,
		Query: []parameter{
			{Name: "sub", Says: "whose they are", Of: ""}, {Name: "client_id", Says: "which client they are about", Of: ""}, {Name: "kind", Says: "of which kind they are", Of: ""},
			{Name: "since", Says: "the time from which on (RFC 3339)", Of: ""}, {Name: "until", Says: "the time before which (RFC 3339)", Of: ""},
			{Name: "last", Says: "how many of the newest alone", Of: 0, Least: 1, Most: maxLast},
		},
	},
	{Method: "GET", Path: "/audit/kinds", Needs: "audit:read", Does: "Lists what is recorded", Out: list[AuditKind]{}, Do: (*API).auditKinds},
	{Method: "GET", Path: "/audit/export", Needs: "audit:read", Does: "Exports everything that is needed to verify the trail elsewhere", Out: audit.Line{}, Lines: true, Do: (*API).exportAudit},
	{Method: "GET", Path: "/audit/verify", Needs: "audit:read", Does: "Verifies the trail; the last line is the result", Out: audit.Report{}, Lines: true, Do: (*API).verifyAudit},
}

// AuditRecord is a record of the audit trail as it is shown.
type AuditRecord struct {
	ID       string         `json:"id"`
	Severity audit.Severity `json:"severity"`
	What     string         `json:"what"`
	audit.Record
}

func shownRecord(r audit.Record) AuditRecord {
	kind, _ := audit.KindOf(r.Kind)
	return AuditRecord{ID: r.Text(), Severity: kind.Severity, What: kind.What, Record: r}
}

// maxLast is how many records can be asked for from the end.
const maxLast = 10_000

// auditQuery reads sub, client_id, kind, since and until (RFC 3339) from the query.
func auditQuery(q url.Values) (audit.Query, error) {
	out := audit.Query{Subject: q.Get("sub"), ClientID: q.Get("client_id"), Kind: q.Get("kind")}
	for _, t := range []struct {
		name string
		to   *time.Time
	}{{"since", &out.Since}, {"until", &out.Until}} {
		text := q.Get(t.name)
		if text == "" {
			continue
		}
		var err error
		if *t.to, err = time.Parse(time.RFC3339Nano, text); err != nil {
			return out, fault(http.StatusBadRequest, "invalid", "%s %q, allowed a time such as 2026-01-31T12:00:00Z", t.name, text)
		}
	}
	if err := out.Check(); err != nil {
		return out, fault(http.StatusBadRequest, "invalid", "%v", err)
	}
	return out, nil
}

// searchAudit answers with the records that are asked for, the oldest first; with last=N in the query, with the newest N of them.
func (a *API) searchAudit(r *http.Request) (any, error) {
	q, err := auditQuery(r.URL.Query())
	if err != nil {
		return nil, err
	}
	text := r.URL.Query().Get("last")
	if text == "" {
		return lines(func(r *http.Request, write func(any) error) error {
			return a.Trail.Each(r.Context(), q, func(found audit.Record) error { return write(shownRecord(found)) })
		}), nil
	}
	last, err := strconv.Atoi(text)
	if err != nil {
		return nil, err // the table has judged it
	}
	return lines(func(r *http.Request, write func(any) error) error {
		found, err := a.Trail.Last(r.Context(), q, last)
		for _, one := range found {
			if err := write(shownRecord(one)); err != nil {
				return err
			}
		}
		return err
	}), nil
}

// exportAudit answers with everything that is needed to verify the trail elsewhere: see audit.Line.
func (a *API) exportAudit(*http.Request) (any, error) {
	return lines(func(r *http.Request, write func(any) error) error {
		return a.Trail.Export(r.Context(), func(l audit.Line) error { return write(l) })
	}), nil
}

// verifyAudit answers with reports of how far it is; the last one is done.
func (a *API) verifyAudit(*http.Request) (any, error) {
	return lines(func(r *http.Request, write func(any) error) error {
		progress := func(sofar audit.Report) {
			_ = write(audit.Report{Checkpoints: sofar.Checkpoints, Records: sofar.Records})
		}
		report, err := a.Trail.Verify(r.Context(), a.Ring, progress)
		if err != nil {
			return err
		}
		return write(report)
	}), nil
}

func (a *API) auditKinds(*http.Request) (any, error) {
	page := list[AuditKind]{Items: []AuditKind{}}
	for _, k := range audit.Kinds() {
		page.Items = append(page.Items, AuditKind{k.Name, k.What, k.Severity})
	}
	return page, nil
}

// AuditKind is a row of the table of what is recorded.
type AuditKind struct {
	Kind     string         `json:"kind"`
	What     string         `json:"what"`
	Severity audit.Severity `json:"severity"`
}
