// Package pgtest runs a PostgreSQL server for tests, from the programs that are installed on the machine.
package pgtest
