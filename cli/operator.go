package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"signet/cli/config"
	"signet/handlers/api"
)

// operator calls the administration operations: of the running server over its socket, or in this process if none runs.
type operator struct {
	client *http.Client
	// base is the address of the operations.
	base  string
	close func()
}

// operate runs a function with an operator.
func (p *program) operate(ctx context.Context, do func(*operator) error) error {
	op, err := p.anyOperator(ctx)
	if err != nil {
		return err
	}
	defer op.close()
	return do(op)
}

// anyOperator is that of --server, or of this machine.
func (p *program) anyOperator(ctx context.Context) (*operator, error) {
	if p.server != "" {
		return p.remoteOperator(ctx)
	}
	cfg, err := p.load()
	if err != nil {
		return nil, err
	}
	return p.operator(ctx, cfg)
}

// localBase is the address of the operations on this machine, where no name is looked up.
const localBase = "http://signet" + api.Prefix

func (p *program) operator(ctx context.Context, cfg *config.Config) (*operator, error) {
	path := socketPath(cfg.Storage.DataDir)
	if c, err := net.DialTimeout("unix", path, time.Second); err == nil {
		_ = c.Close()
		dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", path)
		}
		return &operator{client: &http.Client{Transport: &http.Transport{DialContext: dial}}, base: localBase, close: func() {}}, nil
	}
	log := newLog(config.Log{Level: "warn", Format: "text"}, p.err, &slog.LevelVar{})
	n, err := openNode(ctx, cfg, log, parts{migrate: cfg.Storage.Engine == "bolt"})
	if err != nil {
		return nil, err
	}
	return &operator{client: &http.Client{Transport: inProcess{n.operations(log)}}, base: localBase, close: func() {
		n.auditSealer().Close()
		n.close()
	}}, nil
}

// operations are the administration operations on a node.
func (n *node) operations(log *slog.Logger) *api.API {
	return api.New(api.Config{
		Provider: n.provider, Accounts: n.accounts, Ring: n.ring, Trail: n.trail, Mail: n.mail, Invites: n.config.SignUp.Mode != "closed", Log: log,
		Version: versionText(), MaxBody: int64(n.config.Limits.APIBody),
	})
}

// call runs an operation. in and out may be nil. A refusal is an *api.Error.
func (o *operator) call(ctx context.Context, method, path string, in, out any) error {
	body := []byte(nil)
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return err
		}
	}
	r, err := http.NewRequestWithContext(ctx, method, o.base+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := o.client.Do(r)
	if err != nil {
		return fmt.Errorf("cli: server: %w", err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return fmt.Errorf("cli: server: %w", err)
	}
	if resp.StatusCode >= 400 {
		refusal := &api.Error{Status: resp.StatusCode}
		if json.Unmarshal(text, refusal) == nil && refusal.Message != "" {
			return refusal
		}
		return refusedToken(resp, text)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(text, out)
}

// all reads every page of a list.
func all[T any](ctx context.Context, o *operator, path string) ([]T, error) {
	items, query := []T{}, "?"
	if strings.Contains(path, "?") {
		query = "&"
	}
	for after := ""; ; {
		var page struct {
			Items []T    `json:"items"`
			Next  string `json:"next"`
		}
		if err := o.call(ctx, http.MethodGet, path+query+"limit=200&after="+url.QueryEscape(after), nil, &page); err != nil {
			return nil, err
		}
		items = append(items, page.Items...)
		if page.Next == "" {
			return items, nil
		}
		after = page.Next
	}
}

// whole reads a list that has no pages.
func whole[T any](ctx context.Context, o *operator, path string) ([]T, error) {
	var list struct {
		Items []T `json:"items"`
	}
	err := o.call(ctx, http.MethodGet, path, nil, &list)
	return list.Items, err
}

var errNothingToChange = errors.New("cli: nothing to change; see --help for what can be")
