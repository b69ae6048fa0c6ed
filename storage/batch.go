package storage

// Batch is one atomic change: if every condition of If holds, all of Then is written, otherwise all of Else. The conditions
// are judged and the writes made as one step; no other batch comes between.
type Batch struct {
	If   []Condition
	Then []Write
	Else []Write
}

// Condition asks that a record be at a version. Version 0 asks that it be absent. An expired record counts as absent.
type Condition struct {
	Key
	Version uint64
}

// Write puts or deletes one record. A put replaces whatever stands under its key, and takes the place of an expired record.
// Deleting what is absent is not an error. A batch must not write one key twice in the same arm.
type Write struct {
	Record
	Delete bool
}

// Empty tells whether the batch neither asks nor writes anything.
func (b *Batch) Empty() bool { return len(b.If) == 0 && len(b.Then) == 0 && len(b.Else) == 0 }

// Add appends another batch's conditions and writes to this one's.
func (b *Batch) Add(other Batch) {
	b.If = append(b.If, other.If...)
	b.Then = append(b.Then, other.Then...)
	b.Else = append(b.Else, other.Else...)
}
