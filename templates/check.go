package templates

import (
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/template/parse"
)

// use is one place in a template that names a message.
type use struct {
	key  string
	args []string
	// where is the file of html/ or mail/, line the line in it.
	where string
	line  int
}

// checkMessages refuses a page that names a message which does not exist, or whose placeholders it does not fill.
func (s *Set) checkMessages(l *Language) error {
	for _, name := range slices.Sorted(maps.Keys(s.parsed)) {
		if err := checkUses(s.parsed[name], l); err != nil {
			return err
		}
	}
	return nil
}

func checkUses(page *template.Template, l *Language) error {
	for _, u := range uses(page) {
		m := l.message(u.key)
		if m == nil {
			return u.wrong(fmt.Errorf("message %q does not exist", u.key))
		}
		for _, name := range m.placeholders() {
			if !slices.Contains(u.args, name) {
				return u.wrong(fmt.Errorf("message %q (%s): nothing fills {%s}", u.key, l.Tag(), name))
			}
		}
	}
	return nil
}

// uses finds the calls of t and m with a literal key.
func uses(page *template.Template) []use {
	var found []use
	for _, t := range page.Templates() {
		if t.Tree != nil {
			walk(t.Tree.Root, func(c *parse.CommandNode) {
				for _, u := range calls(c) {
					u.where, u.line = placeOf(t.Tree, c)
					found = append(found, u)
				}
			})
		}
	}
	return found
}

func (u use) wrong(err error) error {
	return &placeError{file: "html/" + u.where, line: u.line, err: err}
}

// placeOf is the file and the line of a node.
func placeOf(tree *parse.Tree, n parse.Node) (file string, line int) {
	at, _ := tree.ErrorContext(n)
	parts := strings.Split(at, ":")
	if len(parts) > 1 {
		line, _ = strconv.Atoi(parts[1])
	}
	return parts[0], line
}

// calls reads a command as a use of a message, if it is one.
func calls(c *parse.CommandNode) []use {
	fn, ok := c.Args[0].(*parse.IdentifierNode)
	if !ok || fn.Ident != "t" && fn.Ident != "m" || len(c.Args) < 2 {
		return nil
	}
	key, ok := c.Args[1].(*parse.StringNode)
	if !ok {
		return nil
	}
	u := use{key: key.Text}
	for i := 2; i < len(c.Args); i += 2 {
		if name, ok := c.Args[i].(*parse.StringNode); ok {
			u.args = append(u.args, name.Text)
		}
	}
	return []use{u}
}

// walk calls visit for each command below a node.
func walk(n parse.Node, visit func(*parse.CommandNode)) {
	switch n := n.(type) {
	case *parse.ListNode:
		if n != nil {
			for _, c := range n.Nodes {
				walk(c, visit)
			}
		}
	case *parse.ActionNode:
		walk(n.Pipe, visit)
	case *parse.TemplateNode:
		walk(n.Pipe, visit)
	case *parse.IfNode:
		walkBranch(&n.BranchNode, visit)
	case *parse.RangeNode:
		walkBranch(&n.BranchNode, visit)
	case *parse.WithNode:
		walkBranch(&n.BranchNode, visit)
	case *parse.PipeNode:
		if n != nil {
			for _, c := range n.Cmds {
				walk(c, visit)
			}
		}
	case *parse.CommandNode:
		visit(n)
		for _, a := range n.Args {
			walk(a, visit)
		}
	}
}

func walkBranch(n *parse.BranchNode, visit func(*parse.CommandNode)) {
	walk(n.Pipe, visit)
	walk(n.List, visit)
	walk(n.ElseList, visit)
}
