package cli

import (
	"fmt"
	"net/url"
	"os"
	"strings"

	"signet/cli/config"
	"signet/provider/account"
	"signet/provider/account/weak"
)

// passwords says how passwords are hashed and which may be chosen. It opens the list of those that may not.
func (n *node) passwords() (account.PasswordConfig, error) {
	c := n.config.Passwords
	out := account.PasswordConfig{
		Memory: uint32(c.Memory / 1024), Time: uint32(c.Time), Threads: uint8(c.Parallelism), Parallel: c.Concurrency, Words: ownWords(n.config),
	}
	if c.Breached == "" {
		return out, nil
	}
	file, err := os.Open(c.Breached)
	if err != nil {
		return out, fmt.Errorf("cli: passwords.breached: %w", err)
	}
	n.breached = file
	info, err := file.Stat()
	if err == nil {
		out.Breached, err = weak.NewList(file, info.Size())
	}
	if err != nil {
		return out, fmt.Errorf("cli: passwords.breached: %s: %w", c.Breached, err)
	}
	return out, nil
}

// longLabel is how many letters a part of the host's name has at least that a password must not be made of.
const longLabel = 5

// ownWords are the words that everybody thinks of here: the name of the provider, and those of its host.
func ownWords(c *config.Config) []string {
	words := []string{c.Name}
	u, err := url.Parse(c.Issuer)
	if err != nil {
		return words
	}
	words = append(words, u.Hostname())
	for label := range strings.SplitSeq(u.Hostname(), ".") {
		if len(label) >= longLabel {
			words = append(words, label)
		}
	}
	return words
}
