// Command signet is an OpenID Connect provider: one binary, one data directory.
package main

import (
	"os"

	"signet/cli"
)

func main() {
	os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
