package templates

// ForDevelopers tells tests outside of the package which pages only developers see.
func ForDevelopers(p Page) bool { return developerPage(p) }
