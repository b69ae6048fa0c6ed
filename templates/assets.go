package templates

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
)

// Asset is a file for the browser. Its path holds a hash of its bytes, so it may be cached for ever.
type Asset struct {
	Bytes       []byte
	ContentType string
}

// contentTypes lists what may be an asset; anything else in static/ is refused.
var contentTypes = map[string]string{
	".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml",
	".png": "image/png", ".webp": "image/webp", ".ico": "image/x-icon", ".woff2": "font/woff2",
}

// Assets returns every asset by its path below the issuer's path ("/static/<hash>/<name>").
func (s *Set) Assets() map[string]Asset { return maps.Clone(s.assets) }

// Asset returns the path of an asset below the issuer's path, or nothing if there is none of that name.
func (s *Set) Asset(name string) string { return s.names[name] }

// asset is Asset for templates, where an unknown name is a mistake.
func (s *Set) asset(name string) (string, error) {
	p, ok := s.names[name]
	if !ok {
		return "", fmt.Errorf("templates: no asset %q", name)
	}
	return p, nil
}

func (s *Set) loadAssets(sources []fs.FS, brand Brand) error {
	s.assets, s.names = map[string]Asset{}, map[string]string{}
	for _, src := range sources {
		names, err := fs.Glob(src, "static/*.*")
		if err != nil {
			return fmt.Errorf("templates: assets: %w", err)
		}
		for _, name := range names {
			if err := s.addAsset(src, name); err != nil {
				return fmt.Errorf("templates: asset %s: %w", name, err)
			}
		}
	}
	return s.dress(brand)
}

func (s *Set) addAsset(src fs.FS, file string) error {
	kind, ok := contentTypes[path.Ext(file)]
	if !ok {
		return errors.New("kind not allowed")
	}
	raw, err := fs.ReadFile(src, file)
	if err != nil {
		return err
	}
	s.putAsset(path.Base(file), raw, kind)
	return nil
}

// putAsset adds an asset, in place of another of that name.
func (s *Set) putAsset(name string, raw []byte, kind string) {
	sum := sha256.Sum256(raw)
	delete(s.assets, s.names[name])
	s.fonts = s.fonts || path.Ext(name) == ".woff2"
	s.names[name] = "/static/" + hex.EncodeToString(sum[:8]) + "/" + name
	s.assets[s.names[name]] = Asset{Bytes: raw, ContentType: kind}
}

// bytesOf is an asset's content, or nothing.
func (s *Set) bytesOf(name string) []byte { return s.assets[s.names[name]].Bytes }

func isAbsent(err error) bool { return errors.Is(err, fs.ErrNotExist) }
