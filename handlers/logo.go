package handlers

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/color"
	"image/png"
	"net/http"

	"github.com/gorilla/mux"

	"signet/provider"
)

// logoPath is below the issuer's path; a client's name follows, in a spelling that any path can hold.
const logoPath = "/logo/"

// logoOf is the address of a client's picture, or empty if it has none. Browsers of people never fetch it from the client: whoever
// has it would learn who is about to sign in.
func logoOf(c *provider.Client) string {
	if c.LogoURI == "" {
		return ""
	}
	return logoPath + base64.RawURLEncoding.EncodeToString([]byte(c.ID))
}

// logo answers with a client's picture, which was fetched and drawn anew. Where there is none, it is a neutral one: a page with a hole
// in it would help nobody.
func (h *Handlers) logo(w http.ResponseWriter, r *http.Request) error {
	id, err := base64.RawURLEncoding.Strict().DecodeString(mux.Vars(r)["client"])
	var picture []byte
	if err == nil {
		if picture, err = h.provider.Logo(r.Context(), string(id)); err != nil {
			return err
		}
	}
	if picture == nil {
		picture = neutral
	}
	head := w.Header()
	head["Content-Type"] = []string{"image/png"}
	head["Content-Security-Policy"] = []string{"default-src 'none'; sandbox"}
	_, _ = w.Write(picture) // the browser may have gone
	return nil
}

// neutral is a grey square, half seen through.
var neutral = func() []byte {
	img := image.NewNRGBA(image.Rect(0, 0, 48, 48))
	for i := range 48 * 48 {
		img.SetNRGBA(i%48, i/48, color.NRGBA{R: 128, G: 128, B: 128, A: 64})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic("handlers: neutral logo: " + err.Error())
	}
	return b.Bytes()
}()
