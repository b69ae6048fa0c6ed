// Package mutation seeds small faults into the program, one at a time, and demands that the tests notice each. A fault that
// nobody notices is a missing test. With -short only a few are tried, others each day.
package mutation
