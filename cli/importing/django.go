package importing

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// djangoObject is an object of a dump.
type djangoObject struct {
	Model  string          `json:"model"`
	PK     json.RawMessage `json:"pk"`
	Fields djangoFields    `json:"fields"`

	line int
}

type djangoFields map[string]json.RawMessage

func (f djangoFields) text(name string) string {
	var s string
	_ = json.Unmarshal(f[name], &s)
	return strings.TrimSpace(s)
}

func (f djangoFields) yes(name string) bool { return bytes.Equal(f[name], []byte("true")) }

func (f djangoFields) no(name string) bool { return bytes.Equal(f[name], []byte("false")) }

// readDjango reads what `manage.py dumpdata` wrote, with or without natural keys: people, their groups, and which of their
// addresses django-allauth knows to be theirs. What else there is, is counted in the notes.
func readDjango(data []byte, o Options, f *File) error {
	d := &djangoDump{options: o, groups: map[string]string{}, verified: map[string]bool{}, others: map[string]int{}}
	err := eachObject(data, func(line int, raw json.RawMessage) error {
		object := djangoObject{line: line}
		if err := json.Unmarshal(raw, &object); err != nil {
			return err
		}
		if object.Model == "" {
			return fmt.Errorf("no model is named")
		}
		d.take(f, object)
		return nil
	})
	for _, person := range d.people {
		f.Records = append(f.Records, d.record(f, person))
	}
	for _, model := range slices.Sorted(maps.Keys(d.others)) {
		f.note(0, "%s: %d of them stay behind", model, d.others[model])
	}
	return err
}

type djangoDump struct {
	options  Options
	people   []djangoObject
	groups   map[string]string
	verified map[string]bool
	others   map[string]int
}

func (d *djangoDump) isPerson(o djangoObject) bool {
	if d.options.UserModel != "" {
		return strings.EqualFold(o.Model, d.options.UserModel)
	}
	_, password := o.Fields["password"]
	_, login := o.Fields["last_login"]
	return password && login
}

func (d *djangoDump) take(f *File, o djangoObject) {
	switch {
	case d.isPerson(o):
		d.people = append(d.people, o)
	case o.Model == "auth.group":
		name := o.Fields.text("name")
		d.groups[string(o.PK)] = name
		f.group(name)
	case o.Model == "account.emailaddress":
		if o.Fields.yes("verified") {
			d.verified[ownAddress(o.Fields["user"], o.Fields.text("email"))] = true
		}
	case o.Model == "socialaccount.socialaccount":
		f.note(o.line, "a link to %s (%s) stays behind; it cannot travel yet", o.Fields.text("provider"), o.Fields.text("uid"))
	default:
		d.others[o.Model]++
	}
}

// djangoMembers are the fields that have a member of the same meaning.
var djangoMembers = [][2]string{{"first_name", "given_name"}, {"last_name", "family_name"}, {"name", "name"}, {"full_name", "name"},
	{"nickname", "nickname"}, {"password", "password_hash"}}

func (d *djangoDump) record(f *File, o djangoObject) Record {
	r := Record{Line: o.line, Members: map[string]any{}}
	for _, pair := range djangoMembers {
		if text := o.Fields.text(pair[0]); text != "" {
			r.Members[pair[1]] = text
		}
	}
	d.names(r, o)
	if r.Members["name"] == nil {
		if full := strings.TrimSpace(o.Fields.text("first_name") + " " + o.Fields.text("last_name")); full != "" {
			r.Members["name"] = full
		}
	}
	if o.Fields.no("is_active") {
		r.Members["disabled"] = true
	}
	if groups := d.memberships(f, o); len(groups) > 0 {
		r.Members["groups"] = groups
	}
	if o.Fields.yes("is_superuser") || o.Fields.yes("is_staff") {
		f.note(o.line, "%s: is_staff and is_superuser stay behind; groups say such things here", r.Who())
	}
	return r
}

// names takes the user name and the address. Many sites use the address as the name; here it is known as an address.
func (d *djangoDump) names(r Record, o djangoObject) {
	name, email := o.Fields.text("username"), o.Fields.text("email")
	if strings.Contains(name, "@") && (email == "" || strings.EqualFold(name, email)) {
		name, email = "", name
	}
	if name != "" {
		r.Members["username"] = name
	}
	if email != "" {
		r.Members["email"] = email
		natural, _ := json.Marshal([]string{o.Fields.text("username")})
		r.Members["email_verified"] = d.verified[ownAddress(o.PK, email)] || d.verified[ownAddress(natural, email)]
	}
}

// ownAddress keys a proof by whose it is: that somebody proved an address says nothing of others who wrote it down.
func ownAddress(user json.RawMessage, email string) string {
	var compact bytes.Buffer
	_ = json.Compact(&compact, user)
	return compact.String() + "\x00" + strings.ToLower(email)
}

// memberships reads the groups by their primary keys, or by their natural ones: lists with the name.
func (d *djangoDump) memberships(f *File, o djangoObject) []string {
	var keys []json.RawMessage
	_ = json.Unmarshal(o.Fields["groups"], &keys)
	var groups []string
	for _, key := range keys {
		var natural []string
		name := d.groups[string(key)]
		if json.Unmarshal(key, &natural) == nil && len(natural) == 1 {
			name = natural[0]
		}
		if name == "" {
			f.note(o.line, "group %s is not in the file; dump auth.group too", key)
			continue
		}
		groups = append(groups, name)
	}
	return groups
}
