package postgres

import (
	"bytes"
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"signet/storage"
)

// Each statement reads a page of the list after a cursor. $1 is the time, $2 the kind, $3 how many. Where a list has no
// index its terms are empty. A record with several terms in the range comes once, at the least of them.
var (
	listLasting = paged("term, id", `
		SELECT ''::bytea AS term, r.* FROM lasting r
		WHERE r.kind = $2 AND r.id >= $4 AND r.id > $5 AND r.id < $6 AND (r.expires = 0 OR `+live+`)
		ORDER BY r.id LIMIT $3`)

	listPassing = paged("term, expires, id", `
		SELECT ''::bytea AS term, r.* FROM passing r
		WHERE r.kind = $2 AND r.expires >= $4 AND (r.expires, r.id) > ($4, $5) AND `+live+`
		ORDER BY r.expires, r.id LIMIT $3`)

	listLastingIndex = paged("term, id", `
		SELECT e.term, r.* FROM lasting r JOIN lasting_entry e ON e.kind = r.kind AND e.id = r.id
		WHERE r.kind = $2 AND e.kind = $2 AND e.name = $4 AND e.term < $6 AND (e.term, e.id) > ($7, $8)
			AND (r.expires = 0 OR `+live+`) AND NOT EXISTS (`+lesser+`)
		ORDER BY e.term, e.id LIMIT $3`)

	listPassingIndex = paged("term, expires, id", `
		SELECT e.term, r.* FROM passing r
			JOIN passing_entry e ON e.kind = r.kind AND e.expires = r.expires AND e.id = r.id
		WHERE r.kind = $2 AND e.kind = $2 AND e.name = $4 AND e.term < $6 AND (e.term, e.expires, e.id) > ($7, $8, $9)
			AND `+live+` AND NOT EXISTS (`+lesser+`)
		ORDER BY e.term, e.expires, e.id LIMIT $3`)
)

const (
	live   = `r.expires > (SELECT greatest($1, high_water) FROM meta)`
	lesser = `SELECT FROM unnest(r.names, r.terms) AS o (name, term) WHERE o.name = $4 AND o.term >= $5 AND o.term < e.term`
)

// maxPage is how many bytes of values a page may have before it is cut short. The record that exceeds it is still in it.
const maxPage = 4 << 20

// paged lets a statement return no more than makes a page. The server knows the length of a value without reading it.
func paged(order, records string) string {
	return fmt.Sprintf(`SELECT term, id, expires, version, value, names, terms FROM (
			SELECT *, sum(octet_length(value)) OVER (ORDER BY %s ROWS UNBOUNDED PRECEDING) - octet_length(value) AS before
			FROM (%s) AS r
		) AS r WHERE before <= %d ORDER BY %[1]s`, order, records, maxPage)
}

// List implements storage.Engine.
func (e *Engine) List(ctx context.Context, now int64, q storage.Query) (storage.Page, error) {
	if err := q.Check(); err != nil {
		return storage.Page{}, err
	}
	after, err := parseCursor(q.After)
	if err != nil {
		return storage.Page{}, err
	}
	if err := e.enter(ctx); err != nil {
		return storage.Page{}, err
	}
	defer e.leave()
	sql, args := listStatement(q, after)
	// One more than asked for shows whether the list goes on.
	args = append([]any{now, q.Kind.Name, q.Limit + 1}, args...)
	var page storage.Page
	err = e.idempotent(ctx, "list", func(ctx context.Context, conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, sql, args...)
		if err != nil {
			return err
		}
		page, err = readPage(rows, q)
		return err
	})
	return page, err
}

// listStatement returns the statement for a query, and its arguments after the first three.
func listStatement(q storage.Query, after cursor) (sql string, args []any) {
	low, high := bounds(q)
	if bytes.Compare(after.value, low) < 0 {
		after = cursor{value: low, expires: after.expires, id: after.id}
	}
	switch {
	case q.Index == "" && q.Kind.Passing:
		return listPassing, []any{after.expires, after.id}
	case q.Index == "":
		return listLasting, []any{low, after.id, high}
	case q.Kind.Passing:
		return listPassingIndex, []any{q.Index, low, high, after.value, after.expires, after.id}
	default:
		return listLastingIndex, []any{q.Index, low, high, after.value, after.id}
	}
}

// readPage makes a page of the rows: at most Limit of them, and one that shows whether the list goes on.
func readPage(rows pgx.Rows, q storage.Query) (page storage.Page, err error) {
	var value, id []byte
	var last cursor
	var row row
	size := 0
	_, err = pgx.ForEachRow(rows, append([]any{&value, &id}, row.columns()...), func() error {
		if len(page.Records) == q.Limit {
			page.Next = last.String()
			return nil
		}
		page.Records = append(page.Records, row.record(q.Kind, string(id)))
		last = cursor{value: value, expires: row.expires, id: id}
		size += len(row.value)
		return nil
	})
	if size > maxPage && err == nil {
		page.Next = last.String()
	}
	return page, err
}
