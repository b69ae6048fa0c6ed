package main

import "fmt"

// goal is a bound that the measurements must keep.
type goal struct {
	what   string
	bound  float64
	atMost bool
	unit   string
	value  func(*report) (float64, bool) // false if it was not measured
}

// busy is the number of connections at which goals are judged.
const busy = 64

const mib = 1 << 20

var goals = []goal{
	{what: "login, rate", bound: 2500, unit: "/s", value: rateOf(loginES256)},
	{what: "login, signatures", bound: 1, atMost: true, unit: "", value: signaturesOf(loginES256)},
	{what: "refresh with rotation, rate", bound: 4500, unit: "/s", value: rateOf(refresh)},
	{what: "client_credentials opaque, of baseline", bound: 0.6, unit: "x", value: ratioOf(ccOpaque)},
	{what: "client_credentials ES256 JWT, of baseline with signature", bound: 0.6, unit: "x", value: ratioOf(ccES256)},
	{what: "introspection, of baseline", bound: 0.6, unit: "x", value: ratioOf(introspection)},
	{what: "discovery, server CPU", bound: 25, atMost: true, unit: "us", value: cpuOfScenario(discovery)},
	{what: "JWKS, server CPU", bound: 25, atMost: true, unit: "us", value: cpuOfScenario(jwks)},
	{what: "wrong secret, server CPU of right secret", bound: 1, atMost: true, unit: "x", value: wrongToRight},
	{what: "later start to first discovery answer", bound: 50, atMost: true, unit: "ms", value: func(r *report) (float64, bool) { return r.LaterStart, r.LaterStart > 0 }},
	{what: "idle anonymous memory", bound: 30, atMost: true, unit: "MiB", value: func(r *report) (float64, bool) { return float64(r.IdleMemory) / mib, r.IdleMemory > 0 }},
	{what: "binary", bound: 24, atMost: true, unit: "MiB", value: func(r *report) (float64, bool) { return float64(r.BinarySize) / mib, r.BinarySize > 0 }},
}

func rateOf(name string) func(*report) (float64, bool) {
	return func(r *report) (float64, bool) {
		row, ok := r.row(name, busy)
		return row.Signet.Rate, ok
	}
}

func ratioOf(name string) func(*report) (float64, bool) {
	return func(r *report) (float64, bool) {
		row, ok := r.row(name, busy)
		return row.ratio(), ok
	}
}

// signaturesOf is judged at any load: it does not depend on it.
func signaturesOf(name string) func(*report) (float64, bool) {
	return func(r *report) (float64, bool) {
		row, ok := r.row(name, busy)
		return row.Signet.Signatures, ok
	}
}

func cpuOfScenario(name string) func(*report) (float64, bool) {
	return func(r *report) (float64, bool) {
		row, ok := r.row(name, busy)
		return row.Signet.ServerCPU, ok
	}
}

// wrongToRight compares a refusal with a success: guessing secrets must not cost the server more than knowing one.
func wrongToRight(r *report) (float64, bool) {
	wrong, ok1 := r.row(ccWrong, busy)
	right, ok2 := r.row(ccOpaque, busy)
	if !ok1 || !ok2 || right.Signet.ServerCPU == 0 {
		return 0, false
	}
	return wrong.Signet.ServerCPU / right.Signet.ServerCPU, true
}

// verdict is a goal that was measured.
type verdict struct {
	What string  `json:"what"`
	Got  float64 `json:"got"`
	Want string  `json:"want"`
	Unit string  `json:"unit"`
	Met  bool    `json:"met"`
}

// judge returns the verdict of every goal for which there are figures.
func (r *report) judge() []verdict {
	var verdicts []verdict
	for _, g := range goals {
		got, measured := g.value(r)
		if !measured {
			continue
		}
		v := verdict{What: g.what, Got: got, Want: fmt.Sprintf(">= %g", g.bound), Unit: g.unit, Met: got >= g.bound}
		if g.atMost {
			v.Want, v.Met = fmt.Sprintf("<= %g", g.bound), got <= g.bound
		}
		verdicts = append(verdicts, v)
	}
	return verdicts
}
