package cli

import (
	"encoding/json"
	"errors"
	"fmt"

	"signet/cli/config"
	"signet/provider"
	"signet/provider/account/attribute"
)

// attributesOf are the attributes of the configuration, in order. Its error is that of attribute.New.
func attributesOf(cfg *config.Config) (*attribute.Set, error) {
	definitions := make([]attribute.Definition, len(cfg.Attributes))
	for i, a := range cfg.Attributes {
		definitions[i] = attribute.Definition{
			Name: a.Name, Label: attribute.Words(a.Label), Hint: attribute.Words(a.Hint), Type: attribute.Type(a.Type), Choices: a.Choices, Pattern: a.Pattern,
			Min: string(a.Min), Max: string(a.Max), Edit: attribute.Editor(a.Edit), Required: a.Required, Ask: a.Ask, Scope: a.Scope, Claim: a.Claim,
		}
		for _, place := range a.In {
			definitions[i].In = append(definitions[i].In, attribute.Place(place))
		}
	}
	return attribute.New(definitions)
}

// scopesOf are the scopes of the configuration.
func scopesOf(cfg *config.Config) []provider.DeclaredScope {
	scopes := make([]provider.DeclaredScope, len(cfg.Scopes))
	for i, s := range cfg.Scopes {
		scopes[i] = provider.DeclaredScope{Name: s.Name, Title: attribute.Words(s.Title), Why: attribute.Words(s.Description)}
	}
	return scopes
}

// checkAttributes holds attributes and scopes to the rules that the parts have, so that a configuration that is called good can
// be used.
func checkAttributes(cfg *config.Config) []config.Problem {
	set, err := attributesOf(cfg)
	if err != nil {
		return attributeProblem(cfg, err)
	}
	if err := provider.CheckDeclared(set, scopesOf(cfg)); err != nil {
		return []config.Problem{{Key: "attribute", Got: err.Error(), Fix: explainAttribute}}
	}
	return declaredValueProblems(cfg, set)
}

const explainAttribute = "signet config explain attribute tells what each setting is for"

// attributeProblem says where a definition is wrong.
func attributeProblem(cfg *config.Config, err error) []config.Problem {
	p := config.Problem{Key: "attribute", Got: err.Error(), Fix: explainAttribute}
	var wrong *attribute.DefinitionError
	if errors.As(err, &wrong) {
		p.Got, p.Allowed = "got "+wrong.Got, wrong.Allowed
		for i, a := range cfg.Attributes {
			if a.Name == wrong.Name { // of two of one name the second is wrong
				p.Key = fmt.Sprintf("attribute[%d].%s", i+1, wrong.Member)
			}
		}
	}
	return []config.Problem{p}
}

// declaredValueProblems judges what declared people are said to be.
func declaredValueProblems(cfg *config.Config, set *attribute.Set) (problems []config.Problem) {
	for i, u := range cfg.Users {
		_, err := set.Settle(nil, declaredValues(u), false)
		var wrong *attribute.ValueError
		if errors.As(err, &wrong) {
			problems = append(problems, config.Problem{
				Key: fmt.Sprintf("user[%d].attributes", i+1), Got: fmt.Sprintf("got %s = %q", wrong.Name, wrong.Got), Allowed: wrong.Allowed, Fix: "write a value that the attribute may have",
			})
		}
	}
	return problems
}

// declaredValues are the attributes of a declared person, as they may be written.
func declaredValues(u config.User) attribute.Values {
	values := attribute.Values{}
	for name, value := range u.Attributes {
		if raw, err := json.Marshal(value); err == nil {
			values[name] = raw
		}
	}
	return values
}
