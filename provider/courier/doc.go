// Package courier delivers what records say is to be delivered: at once, and again as long as the other side cannot be reached.
//
// A delivery is a record, written in the batch of what it is about, so what was acknowledged is delivered though the program be
// killed; and any node may take over from any other, because an attempt claims the delivery by moving its version on. What is
// delivered how, and what is noted of it, its Trade says.
package courier
