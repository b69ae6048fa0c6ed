// Package mutation seeds small faults into the program, one at a time, and demands that the tests notice each. A fault that
// nobody notices is a missing test. `make torture` tries them all; `make test` tries a few, others each day.
package mutation
