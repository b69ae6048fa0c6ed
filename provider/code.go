package provider

import (
	"context"
	"errors"

	"signet/storage"
)

// codeKind holds what does not fit into a code.
var codeKind = &storage.Kind{Name: "code", Passing: true}

// maxCarried is how much a code carries itself, in bytes. Addresses of applications with codes in them pass through proxies
// and logs that cut long ones off.
const maxCarried = 700

func codeTable(db *storage.DB) *storage.Table[Code] {
	codec := storage.Codec[Code]{
		Marshal:   func(c *Code) ([]byte, error) { return c.marshal(), nil },
		Unmarshal: func(b []byte, c *Code) error { return c.unmarshal(b) },
	}
	return storage.NewTable(db, codeKind, codec, nil)
}

// sealCode makes the text of a code. One that would be long is stored by the request's batch, and its text only refers to it.
func (p *Provider) sealCode(c *call, code *Code) (string, error) {
	plain := code.marshal()
	if len(plain) <= maxCarried {
		return p.sealText(prefixCode, plain), nil
	}
	if err := p.codes.Create(&c.batch, p.codes.Key(code.ID, code.Expires), code); err != nil {
		return "", err
	}
	w := newWriter(formStored)
	w.string(code.ID)
	w.int(code.Expires)
	return p.sealText(prefixCode, w.b), nil
}

// openCode opens a code of ours; nil and no error is any other text, or one whose facts have expired.
func (p *Provider) openCode(ctx context.Context, text string) (*Code, error) {
	plain, ok := p.openText(prefixCode, text)
	if !ok {
		return nil, nil
	}
	code := &Code{}
	if code.unmarshal(plain) == nil {
		return code, nil
	}
	r := newReader(plain, formStored)
	id, expires := r.string(), r.int()
	if r.done() != nil {
		return nil, nil
	}
	row, err := p.codes.Get(ctx, id, expires)
	if errors.Is(err, storage.ErrNotFound) {
		return nil, nil
	}
	return &row.Value, err
}
