package config

// User is one [[user]].
type User struct {
	Name          string   `toml:"name" doc:"The user name, unique without regard to case. 1 to 64 characters without spaces."`
	Email         string   `toml:"email" doc:"The e-mail address, unique without regard to case."`
	EmailVerified bool     `toml:"email_verified" default:"false" doc:"The address is known to be the person's."`
	FullName      string   `toml:"full_name" doc:"The name as people say it, the claim name."`
	GivenName     string   `toml:"given_name" doc:"The claim given_name."`
	FamilyName    string   `toml:"family_name" doc:"The claim family_name."`
	MiddleName    string   `toml:"middle_name" doc:"The claim middle_name."`
	Nickname      string   `toml:"nickname" doc:"The claim nickname."`
	ProfilePage   string   `toml:"profile" doc:"The claim profile: the address of a page about the person."`
	Picture       string   `toml:"picture" doc:"The claim picture: the address of one."`
	Website       string   `toml:"website" doc:"The claim website: the address of the person's own."`
	Gender        string   `toml:"gender" doc:"The claim gender, such as female or male."`
	Birthdate     string   `toml:"birthdate" doc:"The claim birthdate: YYYY-MM-DD, 0000-MM-DD without the year, or YYYY."`
	Zoneinfo      string   `toml:"zoneinfo" doc:"The claim zoneinfo, such as Europe/Paris."`
	Locale        string   `toml:"locale" doc:"The claim locale, such as fr-CA."`
	PhoneNumber   string   `toml:"phone_number" doc:"The claim phone_number, such as +33 6 12 34 56 78."`
	PhoneVerified bool     `toml:"phone_number_verified" default:"false" doc:"The number is known to be the person's."`
	Address       string   `toml:"address" doc:"The postal address as it stands on a letter, formatted in the claim address."`
	StreetAddress string   `toml:"street_address" doc:"Of the claim address: street and number."`
	Locality      string   `toml:"locality" doc:"Of the claim address: the city."`
	Region        string   `toml:"region" doc:"Of the claim address: the state or province."`
	PostalCode    string   `toml:"postal_code" doc:"Of the claim address: the postal code."`
	Country       string   `toml:"country" doc:"Of the claim address: the country."`
	Groups        []string `toml:"groups" doc:"Names of the groups that the person belongs to."`
	Attributes    Values   `toml:"attributes" doc:"Attributes that are defined with [[attribute]], by their names, such as { plan = \"paid\", seats = 5 }."`
	PasswordHash  Secret   `toml:"password_hash" doc:"A hash of the password: argon2id in PHC form, or what another program made: bcrypt, PBKDF2, scrypt, argon2, salted SHA, as Django or a directory writes them."`
	Password      Secret   `toml:"password" doc:"The password, at least 8 characters. Neither this nor password_hash: the person signs in otherwise."`
	Disabled      bool     `toml:"disabled" default:"false" doc:"The person cannot sign in, and what was granted does not work."`
}

// Group is one [[group]].
type Group struct {
	Name        string   `toml:"name" doc:"The group's name, unique, as it stands in the claim groups."`
	Description string   `toml:"description" doc:"What the group is for."`
	Parents     []string `toml:"parents" doc:"Groups that the members of this one are in, too. Groups lie at most eight within each other."`
}
