package config

// Attribute is one [[attribute]].
type Attribute struct {
	Name     string   `toml:"name" doc:"The name by which it is kept, in small letters, digits and underscores. Under another name it is another attribute; what people have stays with the old one."`
	Label    Words    `toml:"label" doc:"What people see: a text, or texts by language such as { en = \"Plan\", de = \"Tarif\" }. Left out: the name."`
	Hint     Words    `toml:"hint" doc:"What stands below the field: a text, or texts by language."`
	Type     string   `toml:"type" default:"string" enum:"string,text,number,boolean,date,url,enum,list" doc:"string is one line, text are several; date is YYYY-MM-DD; enum is one of choices; list are lines."`
	Choices  []string `toml:"choices" doc:"The values of type enum."`
	Pattern  string   `toml:"pattern" doc:"A regular expression (RE2) that a whole string, text or url must match, or each line of a list."`
	Min      Bound    `toml:"min" doc:"The least number or date, characters of a string or text, or lines of a list."`
	Max      Bound    `toml:"max" doc:"The greatest number or date, characters of a string or text, or lines of a list."`
	Edit     string   `toml:"edit" default:"operator" enum:"person,operator,once" doc:"Who may say it: person (and the operator), operator alone, or once: whoever comes first, and then nobody."`
	Required bool     `toml:"required" default:"false" doc:"A new person has to say it at sign-up."`
	Ask      bool     `toml:"ask" default:"false" doc:"Whoever has not said it is asked at their next sign-in to an application."`
	Scope    string   `toml:"scope" doc:"The scope that releases it: a standard one, or a [[scope]]. Left out: no application is told."`
	Claim    string   `toml:"claim" doc:"The name of the claim. Left out: the name."`
	In       []string `toml:"in" default:"id_token,userinfo" enum:"id_token,userinfo" doc:"Where applications may be told. ID tokens have claims of scopes if the client's record or the request asks for that."`
}

// Scope is one [[scope]].
type Scope struct {
	Name        string `toml:"name" doc:"The scope's name. Clients may ask for it if their record says so."`
	Title       Words  `toml:"title" doc:"What people read when they are asked for it: a text, or texts by language. Left out: the name."`
	Description Words  `toml:"description" doc:"What stands below: a text, or texts by language."`
}
