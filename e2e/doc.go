// Package e2e runs the real binary for tests, and its own tests look at it with a real browser.
package e2e
