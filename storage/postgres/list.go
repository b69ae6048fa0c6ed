package postgres

import (
	"bytes"
	"context"

	"github.com/jackc/pgx/v5"

	"signet/storage"
)

// The statements call sql/list.sql. $1 is the time, $2 how many, $3 how large, $4 the kind.
const (
	listColumns      = `SELECT o_term, o_id, o_expires, o_version, o_value, o_names, o_terms FROM `
	listLasting      = listColumns + `list_lasting_1($1, $2, $3, $4, $5, $6, $7)`
	listPassing      = listColumns + `list_passing_1($1, $2, $3, $4, $5, $6)`
	listLastingIndex = listColumns + `list_lasting_index_1($1, $2, $3, $4, $5, $6, $7, $8, $9)`
	listPassingIndex = listColumns + `list_passing_index_1($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`
)

// maxPage is how many bytes of values a page may have before it is cut short. The record that exceeds it is still in it.
const maxPage = 4 << 20

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
	args = append([]any{now, q.Limit + 1, maxPage, q.Kind.Name}, args...)
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

// listStatement returns the statement for a query, and its arguments after the first four.
func listStatement(q storage.Query, after cursor) (sql string, args []any) {
	low, high := bounds(q)
	if bytes.Compare(after.value, low) < 0 {
		after = cursor{value: low, expires: after.expires, id: after.id}
	}
	switch {
	case q.Index == "" && q.Kind.Passing:
		return listPassing, []any{after.expires, after.id}
	case q.Index == "":
		return listLasting, []any{low, high, after.id}
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
