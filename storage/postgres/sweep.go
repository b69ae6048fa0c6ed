package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"signet/storage"
)

// Sweep implements storage.Engine. It raises the high-water time, drops the days that have passed and hold no more than is
// allowed, and removes what else has expired row by row: the current day's records, those of days that are too full to drop,
// and lasting ones.
func (e *Engine) Sweep(ctx context.Context, now int64, limit int) (int, error) {
	if err := e.enter(ctx); err != nil {
		return 0, err
	}
	defer e.leave()
	if err := e.scan(ctx, "sweep", new(bool), "SELECT true FROM raise_1($1, $2)", now, e.locks.everything()); err != nil {
		return 0, err
	}
	var at int64
	if err := e.scan(ctx, "sweep", &at, "SELECT high_water FROM meta"); err != nil {
		return 0, err
	}
	e.days.forgetBefore(at / secondsPerDay)
	removed, err := e.dropDays(ctx, at, int64(limit))
	if err != nil || removed >= int64(limit) {
		return int(removed), err
	}
	rows, err := e.removeRows(ctx, at, int64(limit)-removed)
	return int(removed + rows), err
}

// sweepRows is how many rows are removed by one statement, so that none takes long.
const sweepRows = 500

func (e *Engine) removeRows(ctx context.Context, now, limit int64) (removed int64, err error) {
	for removed < limit {
		some := min(limit-removed, sweepRows)
		var rows int64
		if err := e.scan(ctx, "sweep", &rows, "SELECT sweep_1($1, $2)", now, some); err != nil {
			return removed, err
		}
		removed += rows
		if rows < some {
			break
		}
	}
	return removed, nil
}

// dropDays drops days that have passed, as long as limit allows, and returns how many records they held.
func (e *Engine) dropDays(ctx context.Context, now, limit int64) (removed int64, err error) {
	days, err := e.pastDays(ctx, now)
	if err != nil {
		return 0, err
	}
	for _, day := range days {
		var held int64
		err := e.scan(ctx, "sweep", &held, "SELECT drop_day_1($1, $2)", day, limit-removed)
		if isBusy(err) {
			return removed, nil
		}
		if err != nil {
			return removed, err
		}
		removed += max(held, 0)
	}
	return removed, nil
}

// pastDays are the days with partitions that have ended, oldest first.
func (e *Engine) pastDays(ctx context.Context, now int64) (days []int64, err error) {
	err = e.idempotent(ctx, "sweep", func(ctx context.Context, conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, "SELECT d FROM days_1() AS d WHERE d < $1 ORDER BY d", now/secondsPerDay)
		if err != nil {
			return err
		}
		days, err = pgx.CollectRows(rows, pgx.RowTo[int64])
		return err
	})
	return days, err
}

// isBusy tells whether a day could not be dropped because somebody is reading or writing. Its rows can still be removed,
// and the next sweep finds it empty.
func isBusy(err error) bool {
	var pg *pgconn.PgError
	return errors.Is(err, storage.ErrUnavailable) && errors.As(err, &pg) && pg.Code == stateLock
}
