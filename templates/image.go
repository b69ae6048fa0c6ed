package templates

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
)

// NewImage looks at a PNG that was drawn by ourselves.
func NewImage(data []byte) (*Image, error) {
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("templates: image: %w", err)
	}
	size := img.Bounds()
	return &Image{PNG: data, Width: size.Dx(), Height: size.Dy(), Shade: meanColour(img), Bare: isBare(img)}, nil
}

// meanColour is the mean of what is seen, weighed by how much it is.
func meanColour(img image.Image) Colour {
	var r, g, b, all uint64
	for y := img.Bounds().Min.Y; y < img.Bounds().Max.Y; y++ {
		for x := img.Bounds().Min.X; x < img.Bounds().Max.X; x++ {
			pr, pg, pb, pa := img.At(x, y).RGBA() // weighed by pa already
			r, g, b, all = r+uint64(pr), g+uint64(pg), b+uint64(pb), all+uint64(pa)
		}
	}
	if all == 0 {
		return Colour{}
	}
	return Colour{uint8(r * 255 / all), uint8(g * 255 / all), uint8(b * 255 / all)}
}

// isBare tells whether two of the four corners let the ground through: the picture then has none of its own.
func isBare(img image.Image) bool {
	size, seen := img.Bounds(), 0
	for _, p := range []image.Point{size.Min, {size.Max.X - 1, size.Min.Y}, {size.Min.X, size.Max.Y - 1}, size.Max.Sub(image.Pt(1, 1))} {
		if _, _, _, alpha := img.At(p.X, p.Y).RGBA(); alpha > 0x7fff {
			seen++
		}
	}
	return seen <= 2
}
