package templates

// Playground is one step of a flow that is shown piece by piece: the sequence beside the step's blocks.
type Playground struct {
	Base
	Steps  []Step
	Title  Text
	Intro  Text
	Blocks []Block
	// Fragment has a script put the fragment of the address, which no server sees, into the form "fragment" and submit it.
	Fragment bool
	// Next is the way on. Without a path there is none.
	Next Link
}

// Step is an entry of the sequence.
type Step struct {
	Name  Text
	State StepState
	// Link is a local path; without it the step cannot be visited.
	Link string
}

// StepState is how far a step is.
type StepState string

// The states of a step.
const (
	StepDone    StepState = "done"
	StepCurrent StepState = "current"
	StepTodo    StepState = "todo"
)

// Words is the state in words.
func (s StepState) Words() Text { return Msg("step." + string(s)) }

// Template implements Page.
func (Playground) Template() string { return "playground" }
