package playground

import (
	"net/url"

	"signet/templates"
)

// sequence lists the steps of a run beside the one that is shown. Without a run it is what most runs look like.
func sequence(r *run, current string) []templates.Step {
	steps := usualSteps()
	if r != nil {
		steps = r.steps()
	}
	switch current {
	case stepCarry:
		current = stepRequest
	case stepDepart:
		current = stepSignOut
	}
	out := []templates.Step{{Name: stepName(stepPick), State: templates.StepDone, Link: Path}}
	if r == nil {
		out[0].State = templates.StepTodo
	}
	for _, s := range steps {
		out = append(out, entry(r, s))
	}
	for i, s := range steps {
		if s.name == current {
			out[i+1].State = templates.StepCurrent
		}
	}
	if current == stepPick {
		out[0].State = templates.StepCurrent
	}
	return out
}

// usualSteps are what most runs look like.
func usualSteps() []step {
	r := &run{flow: flows[0], request: request{params: url.Values{"response_type": {flows[0].response}}}}
	return r.steps()
}

func entry(r *run, s step) templates.Step {
	e := templates.Step{Name: stepName(s.name), State: templates.StepTodo}
	if r == nil {
		return e
	}
	if s.done(r) {
		e.State = templates.StepDone
	}
	if s.open(r) {
		e.Link = r.path(s.name)
	}
	return e
}

func stepName(name string) templates.Text { return templates.Msg("playground.step." + name) }

// latest is the last step of the run that can be visited.
func (r *run) latest() string {
	name := stepDiscovery
	for _, s := range r.steps() {
		if s.open(r) {
			name = s.name
		}
	}
	return name
}
