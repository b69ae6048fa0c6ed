package account

// Leaving says that an account is to be deleted.
type Leaving struct {
	// Asked is when that was decided, Ends when the grace has passed; in Unix seconds.
	Asked int64 `json:"asked"`
	Ends  int64 `json:"ends"`
	// Into is the subject of the account that this one is merged into; empty for one that is merely deleted.
	Into string `json:"into,omitempty"`
}
