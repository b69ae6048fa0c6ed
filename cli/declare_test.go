package cli

import (
	"reflect"
	"testing"
)

// A declared person has every standard claim. What is already so is not written again, and a number that the configuration
// changes is as verified as the configuration says.
func TestDeclaredPersonHasAllClaims(t *testing.T) {
	text := `[[user]]
name = "conny"
middle_name = "Marie"
birthdate = "1987-10-16"
phone_number = "+33612345678"
phone_number_verified = true
address = "1 rue de la Paix\n75002 Paris"
locality = "Paris"
`
	r := newReloading(t, text)
	first, err := r.node.Load().accounts.FindPerson(t.Context(), "conny")
	if err != nil {
		t.Fatal(err)
	}
	if first.MiddleName != "Marie" || first.Birthdate != "1987-10-16" || !first.PhoneVerified || first.Address == nil || first.Address.Locality != "Paris" {
		t.Errorf("claims: %+v", first.Profile)
	}
	r.read("name = \"Other\"\n" + text)
	again, err := r.node.Load().accounts.FindPerson(t.Context(), "conny")
	if err != nil || !reflect.DeepEqual(again, first) { // with their version
		t.Errorf("written again without a change: %v, %+v, was %+v", err, again, first)
	}
	r.read("[[user]]\nname = \"conny\"\nphone_number = \"+33687654321\"\nphone_number_verified = true\n")
	last, err := r.node.Load().accounts.FindPerson(t.Context(), "conny")
	if err != nil || last.PhoneNumber != "+33687654321" || !last.PhoneVerified || last.Address != nil {
		t.Errorf("after the change: %v, %+v", err, last.Profile)
	}
}
