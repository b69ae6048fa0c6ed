package templates

import (
	"slices"
	"strings"
)

// developers lists the beginnings of the keys whose words only developers read. The protocol's own words are English, and so
// are these, in every language.
var developers = []string{"dev.", "playground.", "token.", "step."}

// forDevelopers tells a message that only developers read.
func forDevelopers(key string) bool {
	return slices.ContainsFunc(developers, func(prefix string) bool { return strings.HasPrefix(key, prefix) })
}

// developerPage tells a page that only developers see. It is in the fallback language as a whole: half of it would be anyway.
func developerPage(p Page) bool {
	switch p.(type) {
	case Playground, Dev, DevMails, DevMail:
		return true
	}
	return false
}
