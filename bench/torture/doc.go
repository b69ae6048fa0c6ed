// Package torture kills the real binary under load and looks whether it kept its word: what was acknowledged is there, what
// was spent stays spent, what was revoked stays revoked. Its tests are the package; SIGNET_KILLS sets how often it kills.
package torture
