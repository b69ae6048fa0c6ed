package config

// Branding is the section [branding].
type Branding struct {
	Logo      string `toml:"logo" path:"yes" doc:"PNG, JPEG or GIF file of the logo, at most 1 MiB and 4096 pixels each way. It is drawn anew, at most 512 pixels wide and high, and is in mails too."`
	LogoDark  string `toml:"logo_dark" path:"yes" doc:"The logo for people who prefer light on dark. Left out, logo serves both, on a light plate where it could not be seen."`
	LogoAlone bool   `toml:"logo_alone" default:"false" doc:"Leave out the name beside the logo, because the logo says it."`
	Favicon   string `toml:"favicon" path:"yes" doc:"PNG, JPEG or GIF file of the picture in browsers' tabs. Left out, it is a logo that is about square, else a seal in the accent colour."`

	Accent     string `toml:"accent" doc:"Colour of links, buttons and focus, #rrggbb. Accent and text need a contrast of 4.5:1 with background and card; all other colours follow from these four."`
	Background string `toml:"background" doc:"Colour behind everything."`
	Card       string `toml:"card" doc:"Colour behind what is to be read."`
	Text       string `toml:"text" doc:"Colour of the words."`

	AccentDark     string `toml:"accent_dark" doc:"The accent for people who prefer light on dark. Left out, it is accent, as light as it must be."`
	BackgroundDark string `toml:"background_dark" doc:"The same for background. Left out, it is a dark grey."`
	CardDark       string `toml:"card_dark" doc:"The same for card. Left out, it is a dark grey."`
	TextDark       string `toml:"text_dark" doc:"The same for text. Left out, it is a light grey."`

	HelpURI    string `toml:"help_uri" doc:"Where people find help, at the foot of every page: https, a path such as /help, or mailto:help@example.com."`
	TermsURI   string `toml:"terms_uri" doc:"Terms of use, at the foot of every page: https, or a path."`
	PrivacyURI string `toml:"privacy_uri" doc:"Privacy policy, at the foot of every page: https, or a path."`

	PrivacyFile string `toml:"privacy_file" path:"yes" doc:"The same as a text of your own, shown at /privacy; see signup.terms_file for what it may have in it."`
}

// Templates is the section [templates].
type Templates struct {
	Directory string `toml:"directory" path:"yes" doc:"Directory of files that replace or add to what people see. signet templates export writes one to begin with. Everything in it is rendered at start and reload; what cannot be is refused, and the old ones stay."`
}
