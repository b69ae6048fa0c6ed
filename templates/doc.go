// Package templates is what a person sees: pages, the messages in each language, one style sheet and two small scripts.
//
// Each page is a Go struct, an HTML file of the same name and a sample. Every word is a message key; the words are in
// messages/<language>.toml (and messages/<area>/<language>.toml, whose keys begin with the area's name), so that another
// language is only another file. Everything is parsed by New, which refuses a broken template, a missing key and a message
// with a placeholder that nobody fills.
//
// A page works without scripts, styles and cookies of its own. Nothing is trusted: the package uses html/template without
// any of the types that switch escaping off, text of foreign origin is cleaned, cut and isolated (Foreign), local links must be strict
// paths, links out are https or a Destination.
package templates
