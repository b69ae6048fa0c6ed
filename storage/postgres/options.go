package postgres

import (
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Options say which database to open and how.
type Options struct {
	// URL is a PostgreSQL connection string, "postgres://user:password@host/database" or of the keyword form.
	URL string
	// Logger is told of lost connections and of settings that endanger data. Nil discards.
	Logger *slog.Logger
	// MaxConns bounds the connections of the pool; one more listens for notices. 0 means the URL's pool_max_conns, or 16.
	MaxConns int
	// Schema is the name of the schema that holds the tables, at most 63 bytes. Empty means "signet".
	Schema string
	// Migrate lets Open create the schema and the tables, or bring those of an older format up to date. Without it they
	// must be there (ErrOutdated).
	Migrate bool
}

const (
	defaultSchema   = "signet"
	defaultMaxConns = 16
	// maxName is what PostgreSQL keeps of a name.
	maxName = 63
)

// Limits of time. Whatever happens to the server or the network, a call is over callTimeout after it has its connection. A
// statement is given less than that, so that it is the server that ends it: then its outcome is known.
const (
	callTimeout      = 5 * time.Second
	statementTimeout = 4 * time.Second
	// acquireTimeout bounds the wait for a connection, be it a new one or another caller's.
	acquireTimeout = 2 * time.Second
	connectTimeout = 2 * time.Second
	// migrateTimeout bounds a migration, including the wait for another node's.
	migrateTimeout = 2 * time.Minute
)

func (o Options) withDefaults() (Options, error) {
	if o.Schema == "" {
		o.Schema = defaultSchema
	}
	if len(o.Schema) > maxName || strings.ContainsRune(o.Schema, 0) {
		return o, fmt.Errorf("postgres: schema name %q: at most %d bytes, none of them 0", o.Schema, maxName)
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o, nil
}

// poolConfig is how the pool makes its connections.
func (o Options) poolConfig() (*pgxpool.Config, error) {
	cfg, err := pgxpool.ParseConfig(o.URL)
	if err != nil {
		return nil, fmt.Errorf("postgres: url: %w", err)
	}
	switch {
	case o.MaxConns > 0:
		cfg.MaxConns = int32(min(o.MaxConns, 1000))
	case !strings.Contains(o.URL, "pool_max_conns"):
		cfg.MaxConns = defaultMaxConns
	}
	cfg.PingTimeout = time.Second
	o.configure(cfg.ConnConfig)
	return cfg, nil
}

// configure sets what every connection of the engine relies on.
func (o Options) configure(c *pgx.ConnConfig) {
	if c.ConnectTimeout == 0 || c.ConnectTimeout > connectTimeout {
		c.ConnectTimeout = connectTimeout
	}
	// Of several hosts in the URL only a primary will do.
	if c.ValidateConnect == nil {
		c.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	}
	for name, value := range map[string]string{
		"application_name": "signet",
		// Every name in our SQL is found here and nowhere else; pg_catalog comes first by itself.
		"search_path": pgx.Identifier{o.Schema}.Sanitize() + ", pg_temp",
		// sql/apply.sql relies on each statement seeing what was committed before it began.
		"default_transaction_isolation":       "read committed",
		"statement_timeout":                   milliseconds(statementTimeout),
		"idle_in_transaction_session_timeout": "10s",
		// Records are found by key and read in the order of an index. A plan made while a table was young and small must not
		// stay a scan of everything when it has grown.
		"enable_seqscan":    "off",
		"enable_bitmapscan": "off",
		"enable_hashjoin":   "off",
		"enable_mergejoin":  "off",
		// Compiling pays for long queries only, and there are none.
		"jit": "off",
	} {
		c.RuntimeParams[name] = value
	}
}

func milliseconds(d time.Duration) string { return fmt.Sprintf("%dms", d.Milliseconds()) }
