package audit

import (
	"slices"

	"signet/storage"
)

// Without is a batch without its records of what happened. Where there is no room to write, what is stolen must end all the
// same, though nothing can be said of it.
func Without(b storage.Batch) storage.Batch {
	record := func(w storage.Write) bool { return w.Key.Kind == recordKind }
	return storage.Batch{
		If:   slices.DeleteFunc(slices.Clone(b.If), func(c storage.Condition) bool { return c.Key.Kind == recordKind }),
		Then: slices.DeleteFunc(slices.Clone(b.Then), record),
		Else: slices.DeleteFunc(slices.Clone(b.Else), record),
	}
}
