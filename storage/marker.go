package storage

// Markers are records that say one thing by being there: that something was spent or denied. They have no value, so
// nothing is sealed.
type Markers struct {
	Kind *Kind
}

// Key is the key of a marker. expires is when what it marks has ended by itself, and no earlier.
func (m Markers) Key(id string, expires int64) Key {
	return Key{Kind: m.Kind, ID: id, Expires: expires}
}

// Spend appends to a batch: if the marker is absent, write it. This is the way to use something once.
func (m Markers) Spend(b *Batch, id string, expires int64) {
	b.If = append(b.If, Condition{Key: m.Key(id, expires)})
	b.Then = append(b.Then, m.Mark(id, expires))
}

// Mark is a write of the marker whether it is there or not.
func (m Markers) Mark(id string, expires int64) Write {
	return Write{Record: Record{Key: m.Key(id, expires), Version: 1}}
}
