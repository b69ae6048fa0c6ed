package account

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"signet/provider/patch"
)

// personFields are the members of a person's JSON that somebody may say. The others are the server's.
var personFields = sayable(patch.Fields(reflect.TypeFor[Person]()))

// PersonMembers are the fields of a person that somebody may say, by the names of their members in JSON.
func PersonMembers() map[string]reflect.StructField { return maps.Clone(personFields) }

func sayable(fields map[string]reflect.StructField) map[string]reflect.StructField {
	for _, name := range []string{"sub", "epoch", "created", "updated", "declared", "leaving", "terms"} {
		delete(fields, name)
	}
	return fields
}

// Patch changes a person by a JSON object of their members: the standard claims (OIDC Core §5.1) by their names, username,
// groups, disabled, locked and expires. Members that are left out stay, in address too; null puts one back to nothing. A new address or number
// is unverified unless the object says so. All is refused with ErrInvalidProfile if one member is unknown or of the wrong type.
// What the values may be, Add and Edit judge.
func (p *Person) Patch(document []byte) error {
	members, err := patch.Read(document)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrInvalidProfile, err)
	}
	after := p.clone()
	for _, name := range slices.Sorted(maps.Keys(members)) {
		field, known := personFields[name]
		if !known {
			return fmt.Errorf("%w: %s: %w", ErrInvalidProfile, name, patch.Unknown(name, slices.Collect(maps.Keys(personFields))))
		}
		if err := patch.Set(after, field, members[name]); err != nil {
			return fmt.Errorf("%w: %s: %w", ErrInvalidProfile, name, err)
		}
	}
	after.sayProofs(p, members)
	*p = *after
	return nil
}

// sayProofs lets what was said of the address and the number count for these alone.
func (p *Person) sayProofs(before *Person, said map[string]json.RawMessage) {
	if _, proved := said["email_verified"]; proved {
		p.SetEmail(p.Email, p.EmailVerified)
	} else if p.Email != before.Email {
		p.SetEmail(p.Email, false)
	}
	if _, proved := said["phone_number_verified"]; proved {
		p.SetPhone(p.PhoneNumber, p.PhoneVerified)
	} else if p.PhoneNumber != before.PhoneNumber {
		p.SetPhone(p.PhoneNumber, false)
	}
}
