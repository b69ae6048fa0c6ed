// Package account keeps people: who they are, how they prove it, which groups they are in, in which browsers they are
// signed in, and what they allowed clients to see.
//
// Whoever handles a request appends to the one storage.Batch of that request (Add, Edit, Rehash, Sessions.Begin,
// Consents.Remember …) and applies it once. Administration has forms that apply themselves and try again when another
// change came between (AddPerson, EditPerson, AddMember …).
//
// People are read through a cache and shared: what Person and FindPerson return must not be written to. A Person's Epoch
// is copied by everything issued for that person; disabling, a new password and EndEverything raise it, and everything
// older stops.
package account
