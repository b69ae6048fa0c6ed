// Package picture makes pictures of strangers harmless: whatever came, what leaves is a small PNG that was drawn here, without
// anything that is not a pixel.
package picture

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
)

// Limits.
const (
	// MaxIn is how large a picture may come, in bytes.
	MaxIn = 512 << 10
	// MaxOut is how large it leaves, in bytes.
	MaxOut = 128 << 10
	// MaxSide is how wide and high it leaves, in pixels.
	MaxSide = 256
	// maxSideIn is how wide and high it may come: it is unpacked as a whole.
	maxSideIn = 2048
)

// Bounds are how large a picture may come and how large it leaves: bytes, and pixels each way.
type Bounds struct{ MaxIn, MaxSideIn, MaxOut, MaxSide int }

// ofStrangers are the bounds of Redraw, Own those of an operator's own pictures.
var (
	ofStrangers = Bounds{MaxIn: MaxIn, MaxSideIn: maxSideIn, MaxOut: MaxOut, MaxSide: MaxSide}
	Own         = Bounds{MaxIn: 1 << 20, MaxSideIn: 4096, MaxOut: 256 << 10, MaxSide: 512}
)

// ErrPicture says that something is no picture that is taken.
var ErrPicture = errors.New("picture")

// format is a row of the table of formats. Formats that can hold more than pixels are not in it: no SVG.
type format struct {
	begins string
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
}

var formats = []format{
	{"\x89PNG\r\n\x1a\n", png.DecodeConfig, png.Decode},
	{"\xff\xd8\xff", jpeg.DecodeConfig, jpeg.Decode},
	{"GIF87a", gif.DecodeConfig, gif.Decode}, // the first picture alone: nothing moves
	{"GIF89a", gif.DecodeConfig, gif.Decode},
}

// Redraw reads a PNG, a JPEG or a GIF, whatever anybody says that it is, and returns it as a PNG of at most MaxSide pixels each way
// and MaxOut bytes. Its errors are ErrPicture.
func Redraw(data []byte) (out []byte, err error) { return ofStrangers.Redraw(data) }

// Redraw is the function of that name with other bounds.
func (b Bounds) Redraw(data []byte) (out []byte, err error) {
	defer func() { // a decoder that gives up on hostile bytes must not take the server with it
		if cause := recover(); cause != nil {
			out, err = nil, fmt.Errorf("%w: %v", ErrPicture, cause)
		}
	}()
	if len(data) > b.MaxIn {
		return nil, fmt.Errorf("%w: %d bytes, allowed %d", ErrPicture, len(data), b.MaxIn)
	}
	for _, f := range formats {
		if bytes.HasPrefix(data, []byte(f.begins)) {
			return f.redraw(data, b)
		}
	}
	return nil, fmt.Errorf("%w: no PNG, JPEG or GIF", ErrPicture)
}

func (f format) redraw(data []byte, bounds Bounds) ([]byte, error) {
	size, err := f.config(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPicture, err)
	}
	if size.Width < 1 || size.Height < 1 || size.Width > bounds.MaxSideIn || size.Height > bounds.MaxSideIn {
		return nil, fmt.Errorf("%w: %d × %d pixels, allowed 1 to %d each way", ErrPicture, size.Width, size.Height, bounds.MaxSideIn)
	}
	img, err := f.decode(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPicture, err)
	}
	// What varies from pixel to pixel hardly packs: then it leaves smaller. At half the side even noise fits.
	for _, side := range []int{bounds.MaxSide, bounds.MaxSide * 3 / 4, bounds.MaxSide / 2} {
		img = fit(img, side)
		var b bytes.Buffer
		if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, img); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrPicture, err)
		}
		if b.Len() <= bounds.MaxOut {
			return b.Bytes(), nil
		}
	}
	return nil, fmt.Errorf("%w: it does not get small enough", ErrPicture)
}

// fit returns the picture at most side pixels wide and high; one that fits is returned as it is.
func fit(img image.Image, side int) image.Image {
	w, h := img.Bounds().Dx(), img.Bounds().Dy()
	if w <= side && h <= side {
		return img
	}
	if w >= h {
		w, h = side, max(1, h*side/w)
	} else {
		w, h = max(1, w*side/h), side
	}
	from, out := flat(img), image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			out.SetRGBA(x, y, mean(from, image.Rect(x*from.Rect.Dx()/w, y*from.Rect.Dy()/h, (x+1)*from.Rect.Dx()/w, (y+1)*from.Rect.Dy()/h)))
		}
	}
	return out
}

// flat is the picture with its colours weighed by how much is seen of them, so that what is invisible weighs nothing in a mean.
func flat(img image.Image) *image.RGBA {
	if rgba, ok := img.(*image.RGBA); ok && rgba.Rect.Min == (image.Point{}) {
		return rgba
	}
	out := image.NewRGBA(image.Rect(0, 0, img.Bounds().Dx(), img.Bounds().Dy()))
	draw.Draw(out, out.Rect, img, img.Bounds().Min, draw.Src)
	return out
}

// mean is the mean colour of a part of a picture.
func mean(img *image.RGBA, part image.Rectangle) color.RGBA {
	var sum [4]uint32
	n := uint32(part.Dx() * part.Dy())
	for y := part.Min.Y; y < part.Max.Y; y++ {
		row := img.Pix[img.PixOffset(part.Min.X, y):img.PixOffset(part.Max.X, y)]
		for i, v := range row {
			sum[i%4] += uint32(v)
		}
	}
	half := n / 2
	return color.RGBA{R: uint8((sum[0] + half) / n), G: uint8((sum[1] + half) / n), B: uint8((sum[2] + half) / n), A: uint8((sum[3] + half) / n)}
}
