// Package config reads Signet's settings: one documented struct, filled from a TOML file, the environment and the command
// line, in this order, later ones winning.
//
// Config is the whole reference. Each of its fields carries its default, its limits and its documentation as struct tags;
// loading, checking, `config show`, `config explain` and the manual are all read off that one tree, so that they cannot
// disagree. Load reports every mistake of a configuration at once and never prints a secret.
//
// Tags of a field:
//
//	toml     name of the key
//	default  value when nothing sets it, as it would stand in an environment variable
//	min max  limits of a number, a duration or a size
//	zero     what the value 0 means where it lies outside min and max
//	enum     the values allowed, separated by commas
//	restart  "yes" where a change needs a restart; everything else follows a reload
//	path     "yes" where a relative value is relative to the file that holds it
//	doc      what the setting does
package config
