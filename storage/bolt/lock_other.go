//go:build !unix

package bolt

import "os"

const noFollow = 0

// tryLock leaves it to bbolt, which locks what it opens.
func tryLock(*os.File) (bool, error) { return true, nil }

func unlock(*os.File) error { return nil }
