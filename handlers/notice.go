package handlers

import (
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"strings"

	"signet/templates"
)

// doneParam on a page's address says what has just been done.
const doneParam = "done"

const purposeNotice = "handlers.notice"

// doneWords are what can have been done, each with its message done.<word>.
var doneWords = map[string]bool{
	"password": true, "factor-added": true, "factor-removed": true,
	"session": true, "sessions": true, "app": true, "profile": true, "email-asked": true, "connected": true, "disconnected": true, "refreshed": true,
}

// wasDone sends a browser on by GET to a page of ours that says what has been done. The word is made for this browser: a link of
// somebody else's must not make people believe that something has happened.
func (h *Handlers) wasDone(w http.ResponseWriter, v *visitor, path, word string) {
	seeOther(w, h.base+path+"?"+doneParam+"="+word+"."+h.noticeMark(v, word))
}

func (h *Handlers) noticeMark(v *visitor, word string) string {
	sum := h.db.Hash(purposeNotice, []byte(v.binding+"\x00"+word))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// notice is what a page has to say of what has just been done, if its address says so and this server wrote it.
func (h *Handlers) notice(r *http.Request, v *visitor) templates.Text {
	word, mark, _ := strings.Cut(r.URL.Query().Get(doneParam), ".")
	if !doneWords[word] || v.binding == "" || subtle.ConstantTimeCompare([]byte(mark), []byte(h.noticeMark(v, word))) != 1 {
		return templates.Text{}
	}
	return templates.Msg("done." + word)
}
