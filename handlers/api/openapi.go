package api

import (
	"reflect"
	"regexp"
	"strings"

	"signet/provider"
)

// openAPI is the description of the operations (OpenAPI 3.0.3), for a server at an issuer. It is read off the table.
func openAPI(issuer, version string) schema {
	s := &schemas{named: map[string]schema{}}
	paths := schema{}
	for _, op := range operations {
		path, _ := paths[op.Path].(schema)
		if path == nil {
			path = schema{}
			paths[op.Path] = path
		}
		path[strings.ToLower(op.Method)] = s.operation(op)
	}
	refused := schema{"anyOf": []schema{s.of(reflect.TypeFor[Error]()), s.of(reflect.TypeFor[TokenError]())}}
	return schema{
		"openapi": "3.0.3",
		"info": schema{
			"title": "Signet administration", "version": version,
			"description": "Every operation needs an access token for the audience " + issuer + Prefix + " with the scope that it names. " +
				"Of a person's token only what the person's role allows counts.",
		},
		"servers":  []schema{{"url": issuer + Prefix}},
		"security": []schema{{"token": []string{}}},
		"paths":    paths,
		"components": schema{
			"schemas":         s.named,
			"responses":       schema{"Refused": schema{"description": "Refused: what was got, what is allowed, how to mend it", "content": content(refused)}},
			"securitySchemes": schema{"token": schema{"type": "oauth2", "flows": flows(issuer)}},
		},
	}
}

// TokenError is how an access token is refused (RFC 6750 §3).
type TokenError struct {
	Error       string `json:"error"`
	Description string `json:"error_description"`
	// URI is where the refusal is explained.
	URI string `json:"error_uri"`
}

// flows are the ways to a token (§4.7.28).
func flows(issuer string) schema {
	scopes := schema{}
	for _, row := range provider.AdministrationScopes() {
		scopes[row.Name] = row.Does
	}
	return schema{
		"authorizationCode": schema{"authorizationUrl": issuer + "/authorize", "tokenUrl": issuer + "/token", "scopes": scopes},
		"clientCredentials": schema{"tokenUrl": issuer + "/token", "scopes": scopes},
	}
}

var variable = regexp.MustCompile(`\{(\w+)\}`)

// operation is one operation object (§4.7.10).
func (s *schemas) operation(op operation) schema {
	out := schema{
		"operationId": op.name(), "summary": op.Does, "tags": []string{strings.Split(op.Path, "/")[1]},
		"security":  []schema{{"token": []string{op.Needs}}},
		"responses": schema{"200": s.answer(op), "default": schema{"$ref": "#/components/responses/Refused"}},
	}
	parameters := []schema{}
	for _, name := range variable.FindAllStringSubmatch(op.Path, -1) {
		parameters = append(parameters, schema{"name": name[1], "in": "path", "required": true, "schema": schema{"type": "string"}})
	}
	for _, p := range op.Query {
		parameters = append(parameters, schema{"name": p.Name, "in": "query", "description": p.Says, "schema": s.parameter(p)})
	}
	if len(parameters) > 0 {
		out["parameters"] = parameters
	}
	if op.In != nil {
		out["requestBody"] = schema{"required": true, "content": content(s.of(reflect.TypeOf(op.In)))}
	}
	return out
}

func (s *schemas) parameter(p parameter) schema {
	out := s.of(reflect.TypeOf(p.Of))
	if p.Most > 0 {
		out["minimum"], out["maximum"] = p.Least, p.Most
	}
	if p.Words != nil {
		out["enum"] = p.Words
	}
	return out
}

func (s *schemas) answer(op operation) schema {
	of := schema{"type": "object"}
	if op.Out != nil {
		of = s.of(reflect.TypeOf(op.Out))
	}
	if op.Lines {
		return schema{"description": "Lines, each a JSON value", "content": schema{"application/x-ndjson": schema{"schema": of}}}
	}
	return schema{"description": "Done", "content": content(of)}
}

func content(of schema) schema { return schema{"application/json": schema{"schema": of}} }

// name is the operation's name for programs: getUsersIdSessions.
func (op operation) name() string {
	var b strings.Builder
	b.WriteString(strings.ToLower(op.Method))
	for _, word := range strings.FieldsFunc(op.Path, func(r rune) bool { return strings.ContainsRune("/{}", r) }) {
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String()
}

// Description is the description of the operations, a value to be written as JSON.
func (a *API) Description() any { return openAPI(a.Provider.Issuer(), a.Version) }
