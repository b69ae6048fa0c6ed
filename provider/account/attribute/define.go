package attribute

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/language"
)

// Limits of definitions. A form of a hundred fields has room for all attributes and what a page asks beside.
const (
	maxAttributes = 50
	maxChoices    = 200
	maxPattern    = 500
	maxLabel      = 100
	maxHint       = 500
)

// DefinitionError says what is wrong with a definition.
type DefinitionError struct {
	// Name is the attribute's, Member the member's.
	Name, Member string
	// Got is what it is, Allowed what it may be.
	Got, Allowed string
}

func (e *DefinitionError) Error() string {
	return fmt.Sprintf("attribute: %s: %s: got %s, allowed %s", e.Name, e.Member, e.Got, e.Allowed)
}

func (d *Definition) wrong(member, got, allowed string) error {
	return &DefinitionError{Name: d.Name, Member: member, Got: strconv.Quote(got), Allowed: allowed}
}

// New puts definitions in order. It returns a DefinitionError.
func New(definitions []Definition) (*Set, error) {
	s := &Set{byName: map[string]*Attribute{}}
	for _, d := range definitions {
		a, err := settle(d)
		switch {
		case err != nil:
			return nil, err
		case s.byName[d.Name] != nil:
			return nil, d.wrong("name", d.Name, "names that differ")
		case len(s.all) == maxAttributes:
			return nil, d.wrong("name", d.Name, fmt.Sprintf("%d attributes", maxAttributes))
		}
		s.all, s.byName[d.Name] = append(s.all, a), a
	}
	return s, nil
}

func settle(d Definition) (*Attribute, error) {
	a := &Attribute{Definition: d}
	if a.Type == "" {
		a.Type = String
	}
	if a.Edit == "" {
		a.Edit = ByOperator
	}
	if a.Claim == "" && a.Scope != "" {
		a.Claim = a.Name
	}
	if len(a.In) == 0 {
		a.In = Places
	}
	for _, rule := range []func(*Attribute) error{
		(*Attribute).checkName, (*Attribute).checkWords, (*Attribute).checkType, (*Attribute).checkPattern, (*Attribute).checkBounds, (*Attribute).checkEditor, (*Attribute).checkClaim,
	} {
		if err := rule(a); err != nil {
			return nil, err
		}
	}
	return a, nil
}

var (
	nameForm  = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)
	claimForm = regexp.MustCompile(`^[!#-\[\]-~]{1,128}$`) // printable ASCII without space, quote and backslash
)

func (a *Attribute) checkName() error {
	if !nameForm.MatchString(a.Name) {
		return a.wrong("name", a.Name, "a small letter, then small letters, digits and underscores, 64 at most")
	}
	return nil
}

func (a *Attribute) checkWords() error {
	for member, words := range map[string]Words{"label": a.Label, "hint": a.Hint} {
		most := maxLabel
		if member == "hint" {
			most = maxHint
		}
		if why, ok := words.fault(most); !ok {
			return a.wrong(member, why, fmt.Sprintf("one line of at most %d characters for each language, by its name such as de or pt-BR", most))
		}
	}
	return nil
}

// fault returns the language or the words that cannot be used.
func (w Words) fault(most int) (got string, ok bool) {
	for name, words := range w {
		if tag, err := language.Parse(name); name != "" && (err != nil || tag.String() != name) {
			return name, false
		}
		if words == "" || !Line(words, most) {
			return words, false
		}
	}
	return "", true
}

// Check tells whether words are one line of at most so many characters for each language.
func (w Words) Check(most int) error {
	if why, ok := w.fault(most); !ok {
		return fmt.Errorf("attribute: words: got %q, allowed one line of at most %d characters for each language", why, most)
	}
	return nil
}

func (a *Attribute) checkType() error {
	if !slices.Contains(Types, a.Type) {
		return a.wrong("type", string(a.Type), names(Types))
	}
	if (a.Type == Enum) != (len(a.Choices) > 0) || len(a.Choices) > maxChoices {
		return a.wrong("choices", fmt.Sprintf("%d of them", len(a.Choices)), fmt.Sprintf("1 to %d with type enum, none without", maxChoices))
	}
	for i, choice := range a.Choices {
		if choice == "" || !Line(choice, maxLine) || strings.TrimSpace(choice) != choice || slices.Contains(a.Choices[:i], choice) {
			return a.wrong("choices", choice, "texts of one line that differ")
		}
	}
	return nil
}

func (a *Attribute) checkPattern() (err error) {
	if a.Pattern == "" {
		return nil
	}
	if !slices.Contains([]Type{String, Text, URL, List}, a.Type) || len(a.Pattern) > maxPattern {
		return a.wrong("pattern", a.Pattern, fmt.Sprintf("one of at most %d bytes, with type string, text, url or list", maxPattern))
	}
	if a.pattern, err = regexp.Compile(`^(?:` + a.Pattern + `)$`); err != nil {
		return a.wrong("pattern", a.Pattern, "a regular expression (RE2)")
	}
	return nil
}

func (a *Attribute) checkBounds() (err error) {
	if a.min, err = a.bound("min", a.Min); err != nil {
		return err
	}
	if a.max, err = a.bound("max", a.Max); err != nil {
		return err
	}
	if a.min != nil && a.max != nil && a.max.before(a.min) {
		return a.wrong("max", a.Max, "not less than min")
	}
	return nil
}

// bound is a limit of a number, of a count, or of a day.
type bound struct {
	number float64
	day    string
}

func (b *bound) before(other *bound) bool { return b.number < other.number || b.day < other.day }

func (a *Attribute) bound(member, text string) (*bound, error) {
	if text == "" {
		return nil, nil
	}
	switch a.Type {
	case Date:
		if isDay(text) {
			return &bound{day: text}, nil
		}
		return nil, a.wrong(member, text, "a day, YYYY-MM-DD")
	case Number, String, Text, List:
		n, err := strconv.ParseFloat(text, 64)
		whole := a.Type == Number || n == math.Trunc(n) && n >= 0
		if err == nil && !math.IsNaN(n) && !math.IsInf(n, 0) && whole {
			return &bound{number: n}, nil
		}
		return nil, a.wrong(member, text, "a number")
	}
	return nil, a.wrong(member, text, "nothing with type "+string(a.Type))
}

// checkEditor refuses to ask people for what they may not say.
func (a *Attribute) checkEditor() error {
	switch {
	case !slices.Contains(Editors, a.Edit):
		return a.wrong("edit", string(a.Edit), names(Editors))
	case a.Edit == ByOperator && a.Required:
		return a.wrong("required", "true", "false with edit operator: people are asked for what they may say")
	case a.Edit == ByOperator && a.Ask:
		return a.wrong("ask", "true", "false with edit operator: people are asked for what they may say")
	}
	return nil
}

// checkClaim leaves it to the provider which names are taken.
func (a *Attribute) checkClaim() error {
	switch {
	case a.Scope == "" && a.Claim != "":
		return a.wrong("claim", a.Claim, "nothing without a scope")
	case a.Scope != "" && !claimForm.MatchString(a.Claim):
		return a.wrong("claim", a.Claim, "1 to 128 printable ASCII characters without space, quote and backslash")
	}
	for _, place := range a.In {
		if !slices.Contains(Places, place) {
			return a.wrong("in", string(place), names(Places))
		}
	}
	return nil
}

func names[T ~string](list []T) string {
	var all []string
	for _, item := range list {
		all = append(all, string(item))
	}
	return strings.Join(all, ", ")
}
