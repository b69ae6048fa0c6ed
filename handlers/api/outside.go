package api

import (
	"context"
	"net/http"

	"signet/provider"
	"signet/provider/account"
	"signet/provider/audit"
)

// visit is a request from outside.
type visit struct {
	judge   func() (*provider.Administrator, error)
	refused error
}

// Keys of what a request's context carries.
type (
	visitKey struct{}
	whoKey   struct{}
)

// Outside answers a request that comes from outside. judge says who comes, or why they may not. If they may not, nothing has been
// answered, and the error says why.
func (a *API) Outside(w http.ResponseWriter, r *http.Request, judge func() (*provider.Administrator, error)) error {
	v := &visit{judge: judge}
	a.router.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), visitKey{}, v)))
	return v.refused
}

// admit lets the operator pass, and of those from outside whoever has what the operation needs.
func admit(ctx context.Context, op operation) (context.Context, error) {
	v, outside := ctx.Value(visitKey{}).(*visit)
	if !outside {
		return audit.WithOrigin(ctx, audit.Origin{Actor: audit.Operator}), nil
	}
	who, err := v.judge()
	if err == nil {
		err = who.Needs(op.Needs)
	}
	if err != nil {
		v.refused = err
		return nil, err
	}
	origin := audit.OriginOf(ctx)
	origin.Actor = who.Actor()
	return context.WithValue(audit.WithOrigin(ctx, origin), whoKey{}, who), nil
}

// who is the administrator behind a request, or nil for the operator, who may do everything.
func who(ctx context.Context) *provider.Administrator {
	a, _ := ctx.Value(whoKey{}).(*provider.Administrator)
	return a
}

// mayTouch refuses those who may not change people in such groups.
func (a *API) mayTouch(ctx context.Context, groups ...string) error {
	administrator := who(ctx)
	if administrator == nil || len(groups) == 0 {
		return nil
	}
	all, err := a.Accounts.Above(ctx, groups...)
	if err != nil {
		return err
	}
	if !administrator.MayTouch(all...) {
		return fault(http.StatusForbidden, "forbidden", "people who administer, and groups that let people administer, need the scope administrators:write and a role that has it")
	}
	return nil
}

// mayName refuses those who may not bring a person with such groups, or with a subject that may have been somebody's before, perhaps
// of one who administers.
func (a *API) mayName(ctx context.Context, p account.Person) error {
	if administrator := who(ctx); administrator != nil && p.Subject != "" {
		if err := administrator.Needs("administrators:write"); err != nil {
			return fault(http.StatusForbidden, "forbidden", "sub is for those who have the scope administrators:write and a role that has it")
		}
	}
	return a.mayTouch(ctx, p.Groups...)
}

// mayGive refuses those who may not change a client with such scopes.
func mayGive(ctx context.Context, scopes ...[]string) error {
	for _, list := range scopes {
		if a := who(ctx); a != nil && !a.MayGive(list) {
			return fault(http.StatusForbidden, "forbidden", "the client may ask for scopes of administration that you do not have")
		}
	}
	return nil
}

// touched is the person whom an operation is about to change, if whoever asks may.
func (a *API) touched(r *http.Request, variable string) (*account.Person, error) {
	p, err := a.Accounts.FreshPerson(r.Context(), id(r, variable))
	if err != nil {
		return nil, err
	}
	return p, a.mayTouch(r.Context(), p.Groups...)
}
