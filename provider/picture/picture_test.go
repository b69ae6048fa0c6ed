package picture_test

import (
	"bytes"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"strings"
	"testing"

	"signet/provider/picture"
)

// drawn is a picture whose left half is red and whose right half is see-through blue.
func drawn(w, h int) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.SetNRGBA(x, y, color.NRGBA{R: 255, A: 255})
			if x >= w/2 {
				img.SetNRGBA(x, y, color.NRGBA{B: 255, A: 128})
			}
		}
	}
	return img
}

func asPNG(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// redrawn is what comes of a picture, which must be a PNG within the limits.
func redrawn(t testing.TB, data []byte) image.Image {
	t.Helper()
	out, err := picture.Redraw(data)
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(out))
	if err != nil || len(out) > picture.MaxOut || img.Bounds().Dx() > picture.MaxSide || img.Bounds().Dy() > picture.MaxSide {
		t.Fatalf("%d bytes, %v, %v", len(out), img.Bounds(), err)
	}
	return img
}

func TestPicturesKeepTheirShapeAndColours(t *testing.T) {
	for _, c := range []struct{ w, h, wantW, wantH int }{
		{16, 16, 16, 16}, {256, 256, 256, 256}, {257, 257, 256, 256}, {1024, 512, 256, 128}, {500, 2048, 62, 256}, {2048, 1, 256, 1}, {1, 2048, 1, 256}, {1, 1, 1, 1},
	} {
		img := redrawn(t, asPNG(t, drawn(c.w, c.h)))
		if img.Bounds().Dx() != c.wantW || img.Bounds().Dy() != c.wantH {
			t.Errorf("%d × %d became %v", c.w, c.h, img.Bounds())
		}
		if c.w < 16 {
			continue
		}
		left := color.NRGBAModel.Convert(img.At(1, 0)).(color.NRGBA)
		right := color.NRGBAModel.Convert(img.At(c.wantW-2, 0)).(color.NRGBA)
		if left != (color.NRGBA{R: 255, A: 255}) || right.B < 253 || right.R != 0 || right.A < 127 || right.A > 129 {
			t.Errorf("%d × %d has the colours %v %v", c.w, c.h, left, right)
		}
	}
}

func TestAttack_AK03_OnlyPixelsComeThrough(t *testing.T) {
	var j, g bytes.Buffer
	if err := jpeg.Encode(&j, drawn(300, 300), nil); err != nil {
		t.Fatal(err)
	}
	if err := gif.Encode(&g, drawn(300, 300), nil); err != nil {
		t.Fatal(err)
	}
	// A comment in a JPEG, and what stands after the end of a picture, are not pixels.
	comment := append([]byte("\xff\xd8\xff\xfe\x00\x1b<script>alert(1)</script>"), j.Bytes()[2:]...)
	for what, data := range map[string][]byte{
		"PNG": asPNG(t, drawn(300, 300)), "JPEG": j.Bytes(), "GIF": g.Bytes(), "JPEG with a comment": comment,
		"PNG and HTML": append(asPNG(t, drawn(300, 300)), "<script>alert(1)</script>"...),
	} {
		redrawn(t, data)
		out, _ := picture.Redraw(data)
		if bytes.Contains(out, []byte("script")) {
			t.Errorf("%s: what is hidden comes through", what)
		}
	}
}

// rawPNG is a PNG that claims a size and has next to nothing in it.
func rawPNG(t testing.TB, w, h uint32) []byte {
	t.Helper()
	data := asPNG(t, image.NewGray(image.Rect(0, 0, 1, 1)))
	for i, v := range []uint32{w, h} {
		data[16+4*i], data[17+4*i], data[18+4*i], data[19+4*i] = byte(v>>24), byte(v>>16), byte(v>>8), byte(v)
	}
	sum := crc32.ChecksumIEEE(data[12:29])
	data[29], data[30], data[31], data[32] = byte(sum>>24), byte(sum>>16), byte(sum>>8), byte(sum)
	return data
}

func TestAttack_AK03_WhatIsNoPictureIsRefused(t *testing.T) {
	good := asPNG(t, drawn(64, 64))
	for what, data := range map[string][]byte{
		"nothing": nil, "SVG": []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), "HTML": []byte("<!DOCTYPE html>"),
		"WebP": []byte("RIFF\x00\x00\x00\x00WEBPVP8 "), "BMP": []byte("BM"), "the beginning of a PNG": good[:8], "half a PNG": good[:len(good)/2],
		"the beginning of a GIF": []byte("GIF89a"), "the beginning of a JPEG": []byte("\xff\xd8\xff"), "too many bytes": append(good, make([]byte, picture.MaxIn)...),
		"too wide": asPNG(t, image.NewGray(image.Rect(0, 0, 2049, 1))), "too high": asPNG(t, image.NewGray(image.Rect(0, 0, 1, 2049))),
		"huge by its word": rawPNG(t, 1<<20, 1<<20), "larger than it is": rawPNG(t, 2000, 2000), "no width": rawPNG(t, 0, 1),
		"GIF, huge by its word": []byte("GIF89a\xff\xff\xff\xff\x00\x00\x00"),
	} {
		if out, err := picture.Redraw(data); !errors.Is(err, picture.ErrPicture) || out != nil {
			t.Errorf("%s: %d bytes, %v", what, len(out), err)
		}
	}
}

// What hardly packs leaves smaller.
func TestNoiseFits(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 300, 300))
	random := rand.NewChaCha8([32]byte{})
	_, _ = random.Read(img.Pix)
	out := redrawn(t, asPNG(t, img))
	if out.Bounds().Dx() != picture.MaxSide/2 && out.Bounds().Dx() != picture.MaxSide*3/4 {
		t.Errorf("%v", out.Bounds())
	}
}

func FuzzRedraw(f *testing.F) {
	for _, data := range [][]byte{asPNG(f, drawn(8, 8)), []byte("GIF89a\x01\x00\x01\x00\x00\x00\x00"), []byte("\xff\xd8\xff\xe0"), []byte(strings.Repeat("x", 100))} {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		out, err := picture.Redraw(data)
		if err != nil && !errors.Is(err, picture.ErrPicture) || err == nil && len(out) > picture.MaxOut {
			t.Fatalf("%d bytes, %v", len(out), err)
		}
	})
}
