package account

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"signet/storage"
)

// Groups nest: who is in a group is in its parents, too. Each group names its parents; nothing else is stored. What follows for
// people is worked out when it is asked for, from a picture of the groups that have parents, which are few.

const (
	// maxNesting is how many groups can lie within each other.
	maxNesting = 8
	// maxParents is how many parents a group may have: each is an index entry of its record.
	maxParents = 16
)

// Indexes of groups: by parent, and those that have any.
const (
	indexParent = "parent"
	indexNested = "nested"
)

func groupTerms(g *Group) []storage.Term {
	if len(g.Parents) == 0 {
		return nil
	}
	terms := []storage.Term{nestedTerm}
	for _, name := range g.Parents {
		terms = append(terms, parentTerm(name))
	}
	return terms
}

var nestedTerm = storage.Term{Index: indexNested, Value: "yes"}

func parentTerm(name string) storage.Term {
	return storage.Term{Index: indexParent, Value: groupID(name)}
}

// nesting is the picture: for each group that has parents, all groups that its members are in beside. It is drawn when it is
// first needed, shared, never changed, and thrown away when any group has changed.
type nesting struct {
	table *storage.Table[Group]
	stop  func()
	known atomic.Pointer[map[string][]string]

	mu sync.Mutex
	// changes counts those of groups. A picture that was begun before one must not be kept after it.
	changes uint64
}

func newNesting(db *storage.DB, table *storage.Table[Group]) *nesting {
	n := &nesting{table: table}
	n.stop = db.Watch(n.changed)
	return n
}

func (n *nesting) changed(c storage.Change) {
	if c.Kind != groupKind.Name && c.Kind != "" {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.changes++
	n.known.Store(nil)
}

// close also throws away the picture, which nobody would keep true any more.
func (n *nesting) close() {
	n.stop()
	n.changed(storage.Change{})
}

// above returns the picture.
func (n *nesting) above(ctx context.Context) (map[string][]string, error) {
	if known := n.known.Load(); known != nil {
		return *known, nil
	}
	n.mu.Lock()
	changes := n.changes
	n.mu.Unlock()
	picture, err := n.draw(ctx)
	if err != nil {
		return nil, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.changes == changes {
		n.known.Store(&picture)
	}
	return picture, nil
}

func (n *nesting) draw(ctx context.Context) (map[string][]string, error) {
	parents := map[string][]string{}
	err := n.each(ctx, nestedTerm, func(row storage.Row[Group]) { parents[row.Value.Name] = row.Value.Parents })
	if err != nil {
		return nil, err
	}
	picture := make(map[string][]string, len(parents))
	for name := range parents {
		picture[name] = ancestors(parents, name)
	}
	return picture, nil
}

// each visits the groups that a term finds.
func (n *nesting) each(ctx context.Context, term storage.Term, visit func(storage.Row[Group])) error {
	const atOnce = 500
	for after := ""; ; {
		rows, next, err := n.table.List(ctx, &term, after, atOnce)
		if err != nil {
			return fmt.Errorf("account: list nested groups: %w", err)
		}
		for _, row := range rows {
			visit(row)
		}
		if next == "" {
			return nil
		}
		after = next
	}
}

// ancestors are the groups above one, each once, without itself. It comes to an end whatever the parents are.
func ancestors(parents map[string][]string, name string) []string {
	var all []string
	for level := parents[name]; len(level) > 0; {
		var higher []string
		for _, g := range level {
			if g != name && !slices.Contains(all, g) {
				all = append(all, g)
				higher = append(higher, parents[g]...)
			}
		}
		level = higher
	}
	return all
}

// GroupsOf are the names of the groups that a person is in, by themselves and by way of nested groups, sorted. The list is
// shared: do not write to it.
func (a *Accounts) GroupsOf(ctx context.Context, p *Person) ([]string, error) {
	if len(p.Groups) == 0 {
		return nil, nil
	}
	above, err := a.nesting.above(ctx)
	if err != nil || len(above) == 0 {
		return p.Groups, err
	}
	all := p.Groups
	for _, g := range p.Groups {
		if higher := above[g]; len(higher) > 0 {
			all = append(all[:len(all):len(all)], higher...)
		}
	}
	if len(all) == len(p.Groups) {
		return all, nil
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// Above are some groups, in whatever spelling, with all groups that their members are in thereby.
func (a *Accounts) Above(ctx context.Context, names ...string) ([]string, error) {
	above, err := a.nesting.above(ctx)
	if err != nil {
		return nil, err
	}
	all := slices.Clone(names)
	for child, higher := range above {
		if slices.ContainsFunc(names, func(name string) bool { return SameGroup(name, child) }) {
			all = append(all, higher...)
		}
	}
	return all, nil
}
