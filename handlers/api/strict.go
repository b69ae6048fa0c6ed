package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

// strictly decodes JSON and refuses members that v does not have.
func strictly(body []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return fmt.Errorf("more than one JSON value")
	}
	return nil
}
