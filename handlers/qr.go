package handlers

import (
	"fmt"
	"strings"

	"rsc.io/qr"

	"signet/templates"
)

// qrQuiet is the light border of a QR code, in modules (ISO/IEC 18004 §5.3.8).
const qrQuiet = 4

// drawQR draws a text as a QR code. It is drawn in the page itself: a picture with an address of its own could be kept by a cache.
func drawQR(text string) (templates.Picture, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return templates.Picture{}, fmt.Errorf("handlers: qr code: %w", err)
	}
	var path strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			run := 0
			for x+run < code.Size && code.Black(x+run, y) {
				run++
			}
			if run > 0 {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", x+qrQuiet, y+qrQuiet, run, run)
				x += run
			}
		}
	}
	return templates.Picture{Size: code.Size + 2*qrQuiet, Path: path.String()}, nil
}
