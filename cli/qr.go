package cli

import (
	"strings"

	"rsc.io/qr"
)

// quietZone is how many light modules surround a QR code. The standard wants 4; half of that is what fits beside other text, and
// enough on a terminal whose own ground is dark.
const quietZone = 2

// qrCode draws a text as a QR code for a terminal, two rows of modules to a line, black on white whatever the terminal's own
// colours are.
func qrCode(text string) (string, error) {
	code, err := qr.Encode(text, qr.L)
	if err != nil {
		return "", err
	}
	dark := func(x, y int) bool { return code.Black(x-quietZone, y-quietZone) }
	var b strings.Builder
	for y := 0; y < code.Size+2*quietZone; y += 2 {
		b.WriteString("\x1b[30;107m")
		for x := range code.Size + 2*quietZone {
			b.WriteString(halves[dark(x, y)][dark(x, y+1)])
		}
		b.WriteString("\x1b[0m\n")
	}
	return b.String(), nil
}

// halves are the characters for an upper and a lower module, dark or not.
var halves = map[bool]map[bool]string{
	false: {false: " ", true: "▄"},
	true:  {false: "▀", true: "█"},
}
