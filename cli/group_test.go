package cli

import (
	"strings"
	"testing"
)

func TestGroups_LieWithinEachOther(t *testing.T) {
	dir := t.TempDir()
	ok(t, "--data", dir, "group", "add", "everybody", "--description", "all of us")
	ok(t, "--data", dir, "group", "add", "staff", "--parent", "everybody")
	ok(t, "--data", dir, "group", "add", "board", "--parent", "everybody")
	if out := ok(t, "--data", dir, "group", "add", "admins", "--parent", "staff,board"); !strings.Contains(out, "board, staff") {
		t.Errorf("add: %s", out)
	}
	ok(t, "--data", dir, "user", "add", "ada", "--group", "admins")
	ok(t, "--data", dir, "user", "add", "bob", "--group", "everybody")
	tree := strings.Fields(strings.NewReplacer("\n    ", "\n--", "\n  ", "\n-").Replace(ok(t, "--data", dir, "group", "list", "--tree")))
	for _, want := range []string{"everybody", "-board", "--admins", "-staff"} {
		if !strings.Contains(strings.Join(tree, " ")+" ", " "+want+" ") {
			t.Errorf("no %s in the tree %q", want, tree)
		}
	}
	if out := ok(t, "--data", dir, "group", "show", "everybody"); strings.Contains(out, "ada") || !strings.Contains(out, "bob") {
		t.Errorf("show: %s", out)
	}
	all := ok(t, "--data", dir, "group", "show", "everybody", "--all")
	for line := range strings.Lines(all) {
		if strings.HasPrefix(line, "ada") != strings.HasSuffix(line, "admins\n") {
			t.Errorf("show --all: %q", line)
		}
	}
	if !strings.Contains(all, "ada") || !strings.Contains(all, "bob") {
		t.Errorf("show --all: %s", all)
	}
	fails(t, exitFailed, "not within this one", "--data", dir, "group", "edit", "everybody", "--parent", "admins")
	fails(t, exitUsage, "nothing to change", "--data", dir, "group", "edit", "everybody")
	if out := ok(t, "--data", dir, "group", "edit", "staff", "--parent", ""); strings.Contains(out, "everybody") {
		t.Errorf("edit: %s", out)
	}
	if out := ok(t, "--data", dir, "--format", "json", "group", "edit", "everybody", "--description", "x"); !strings.Contains(out, `"x"`) {
		t.Errorf("edit: %s", out)
	}
	ok(t, "--data", dir, "group", "remove", "board", "--yes")
	if out := ok(t, "--data", dir, "group", "list"); strings.Contains(out, "board") {
		t.Errorf("list: %s", out)
	}
}

// Declared groups come in any order; what they lie in changes with the file.
func TestGroups_Declared(t *testing.T) {
	const admins = "[[group]]\nname = \"Admins\"\nparents = [\"staff\"]\n"
	r := newReloading(t, admins+"[[group]]\nname = \"Staff\"\n[[user]]\nname = \"ada\"\ngroups = [\"admins\"]\n")
	groupsOf := func() string {
		t.Helper()
		accounts := r.node.Load().accounts
		ada, err := accounts.FindPerson(t.Context(), "ada")
		if err != nil {
			t.Fatal(err)
		}
		groups, err := accounts.GroupsOf(t.Context(), ada)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(groups, " ")
	}
	if got := groupsOf(); got != "Admins Staff" {
		t.Errorf("ada is in %s", got)
	}
	r.read("[[group]]\nname = \"Staff\"\nparents = [\"Admins\"]\n[[group]]\nname = \"Admins\"\n[[user]]\nname = \"ada\"\ngroups = [\"admins\"]\n")
	if got := groupsOf(); got != "Admins" {
		t.Errorf("the other way round, ada is in %s", got)
	}
}
