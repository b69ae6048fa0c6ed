// Package cli is the command line: one file a noun. It reads the configuration, and is the one place that wires the parts
// together and names an engine.
//
// What it prints: results go to standard output, in the format of --format; everything else goes to standard error, in lower
// case without a full stop. A refusal says what was got, what is allowed and how to mend it.
package cli
