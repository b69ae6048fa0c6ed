//go:build !linux

package bolt

import (
	"errors"
	"os"
)

// allocate is known for Linux only.
func allocate(*os.File, int64, int64) error { return errors.ErrUnsupported }

// local cannot tell where the file is.
func local(*os.File) error { return nil }
