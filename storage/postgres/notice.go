package postgres

import (
	"encoding/base64"
	"fmt"
	"strings"
	"sync/atomic"

	"signet/storage"
)

// origin names this engine in the notices that it sends, so that it does not announce its own changes twice.
type origin struct {
	node       int64
	generation atomic.Int64
}

func (o *origin) current() string { return fmt.Sprintf("%d.%d", o.node, o.generation.Load()) }

// renew makes the notices that were sent before look like another engine's.
func (o *origin) renew() { o.generation.Add(1) }

// notices are the payloads for changes: origin, kind and the encoded id, with spaces between.
func notices(origin string, changes []storage.Change) []string {
	list := make([]string, len(changes))
	for i, c := range changes {
		list[i] = origin + " " + c.Kind + " " + base64.RawURLEncoding.EncodeToString([]byte(c.ID))
	}
	return list
}

// parseNotice returns what a payload announces. One that is not understood announces that anything may have changed.
func parseNotice(payload string) (origin string, c storage.Change) {
	parts := strings.Split(payload, " ")
	if len(parts) != 3 {
		return "", storage.Change{}
	}
	id, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return "", storage.Change{}
	}
	return parts[0], storage.Change{Kind: parts[1], ID: string(id)}
}
