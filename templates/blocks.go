package templates

// Block is a piece of a step: Fields, Message, Token, Form or Notice.
type Block interface {
	// Kind chooses the partial "block-<kind>" of html/blocks.html.
	Kind() string
}

// State is the outcome of a check.
type State string

// The outcomes. The zero value is no check.
const (
	OK   State = "ok"
	Warn State = "warn"
	Bad  State = "bad"
)

// Words is the outcome in words, for those who do not see its colour.
func (s State) Words() Text { return Msg("state." + string(s)) }

// Row is a name with its value and what it means.
type Row struct {
	Name    string
	Value   string
	Meaning Text
	State   State
}

// Fields explains parameters, claims or metadata, a row each.
type Fields struct {
	ID    string
	Title Text
	Rows  []Row
}

// Message is a raw HTTP message.
type Message struct {
	ID    string
	Title Text
	Raw   string
	// Folded shows only the title until somebody opens it.
	Folded bool
}

// Token is a token taken apart.
type Token struct {
	ID    string
	Title Text
	Intro Text
	// Raw is the token as it was received, or with Sent as it is sent. It is never put into a link.
	Raw  string
	Sent bool
	// Header and Claims are empty for an opaque token.
	Header, Claims []Row
	Checks         []Check
	// Left and Lifetime are seconds; without Lifetime there is no bar.
	Left, Lifetime int
}

// Check is something that was looked at.
type Check struct {
	State State
	Text  Text
}

// Form is a form whose fields can be changed.
type Form struct {
	ID     string
	Title  Text
	Intro  Text
	Action string // a local path; the form is posted
	Fields []Input
	// Beside puts labels beside their fields where there is room, for long lists.
	Beside bool
	// Hidden fields go with it.
	Hidden  []Field
	Buttons []Button
}

// Input is a field of a form. With Options it is a choice, with Lines above 1 a text area.
type Input struct {
	Name    string
	Label   Text
	Value   string
	Help    Text
	Lines   int
	Options []Option
	// Code sets the value in a fixed-width face, for what is protocol rather than words.
	Code bool
}

// Option is a choice of an Input.
type Option struct {
	Value string
	Text  Text
}

// Button submits a form. The first is the one that Enter presses.
type Button struct {
	Name, Value string
	Text        Text
	// Quiet is for what is not the usual way on.
	Quiet bool
}

// Notice is a remark.
type Notice struct {
	// ID may be empty.
	ID    string
	State State
	Text  Text
	// Link leads to more. Without a path there is none.
	Link Link
}

// Kind implements Block.
func (Fields) Kind() string { return "fields" }

// Kind implements Block.
func (Message) Kind() string { return "message" }

// Kind implements Block.
func (Token) Kind() string { return "token" }

// Kind implements Block.
func (Form) Kind() string { return "form" }

// Kind implements Block.
func (Notice) Kind() string { return "notice" }
