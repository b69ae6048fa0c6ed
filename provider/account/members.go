package account

import (
	"context"
	"slices"
	"strings"
)

// Member is somebody in a group.
type Member struct {
	*Person
	// Via is the nested group through which they are; empty for who is in the group itself.
	Via string `json:"via,omitempty"`
}

// AllMembers returns a page of the people of a group and of all groups within it, each once; see ListPeople for after, limit and
// next. The people of the group itself come first. It returns ErrUnknownGroup.
func (a *Accounts) AllMembers(ctx context.Context, group, after string, limit int) (page []Member, next string, err error) {
	names, err := a.within(ctx, group)
	if err != nil {
		return nil, "", err
	}
	from, rest, _ := strings.Cut(after, "\n")
	i := max(slices.Index(names, from), 0)
	for ; i < len(names) && len(page) < limit; i++ {
		people, more, err := a.Members(ctx, names[i], rest, limit-len(page))
		if err != nil {
			return nil, "", err
		}
		page = append(page, others(people, names, i)...)
		if rest = ""; more != "" {
			return page, names[i] + "\n" + more, nil
		}
	}
	if i < len(names) {
		return page, names[i] + "\n", nil
	}
	return page, "", nil
}

// others are the people whom no group of the list before the one at i has.
func others(people []*Person, names []string, i int) (members []Member) {
	via := ""
	if i > 0 {
		via = names[i]
	}
	for _, p := range people {
		if !slices.ContainsFunc(p.Groups, func(g string) bool { return slices.Contains(names[:i], g) }) {
			members = append(members, Member{Person: p, Via: via})
		}
	}
	return members
}

// within are the names of a group and of all groups within it, level by level.
func (a *Accounts) within(ctx context.Context, group string) ([]string, error) {
	row, err := a.freshGroup(ctx, group)
	if err != nil {
		return nil, err
	}
	names := []string{row.Value.Name}
	for level := names; len(level) > 0; {
		lower, err := a.children(ctx, level)
		if err != nil {
			return nil, err
		}
		level = slices.DeleteFunc(lower, func(g string) bool { return slices.Contains(names, g) })
		names = append(names, level...)
	}
	return names, nil
}
