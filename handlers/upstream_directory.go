package handlers

import (
	"errors"
	"net/http"
	"strings"

	"golang.org/x/text/unicode/norm"

	"signet/keys"
	"signet/provider"
	"signet/provider/account"
	"signet/provider/limit"
	"signet/provider/upstream"
	"signet/storage"
)

// directoryLimits bound the passwords that a directory judges: by the name that was typed, by the entry that was found, whose names may be
// many, and by the network; in browsers that know the account by themselves, in each and in all together.
type directoryLimits struct {
	account, entry, network            *limit.Limit
	device, deviceEntry, deviceNetwork *limit.Limit
}

func newDirectoryLimits(k *limit.Keeper) directoryLimits {
	return directoryLimits{
		account: k.Limit("directory.account", directoryAccounts), entry: k.Limit("directory.entry", directoryAccounts), network: k.Limit("directory.network", directoryNetworks),
		device: k.Limit("directory.device", directoryAccounts), deviceEntry: k.Limit("directory.device-entry", directoryKnown),
		deviceNetwork: k.Limit("directory.device-network", directoryNetworks.Times(account.KnownNetwork)),
	}
}

// takeDirectoryTry counts a try by the name that was typed, and returns what counts it by the entry, before its password is tried. Every
// try counts, the good ones too: a directory locks accounts by itself, and strangers must not make it.
func (h *Handlers) takeDirectoryTry(r *http.Request, source, name string) (found func(dn string) error, err error) {
	key, err := h.accounts.AccountKey(r.Context(), name)
	if err != nil {
		return nil, err
	}
	l := &h.limits.directory
	lane, known := h.knownDevice(r).Lane(key)
	uses := []limit.Use{{Limit: l.account, Key: limit.KeyOf(source, foldedName(name))}, {Limit: l.network, Key: networkOf(r)}}
	entry := l.entry
	if known {
		uses = []limit.Use{{Limit: l.device, Key: limit.KeyOf(source, string(lane[:]))}, {Limit: l.deviceNetwork, Key: networkOf(r)}}
		entry = l.deviceEntry
	}
	found = func(dn string) error {
		return h.limits.take(r.Context(), limit.Use{Limit: entry, Key: limit.KeyOf(source, foldedName(dn))})
	}
	return found, h.limits.take(r.Context(), uses...)
}

// signInByDirectory has a directory judge the name and the password that were typed. From then on it is as if somebody had come back
// from another provider.
func (h *Handlers) signInByDirectory(w http.ResponseWriter, r *http.Request, v *visitor, source *upstream.Source, carried upstream.Carried) error {
	name := r.PostForm.Get("identifier")
	found, err := h.takeDirectoryTry(r, source.ID, name)
	if err != nil {
		return err
	}
	id, err := h.provider.Upstreams().Authenticate(r.Context(), source.ID, name, keys.Secret(r.PostForm.Get("password")), found)
	if errors.Is(err, upstream.ErrLogin) {
		e := refuse(codeWrongLogin)
		e.Cause = err
		return e
	}
	if err != nil {
		return provider.UpstreamError(err)
	}
	return h.arrived(w, r, v, storage.Batch{}, &upstream.Arrival{Identity: id, Carried: carried})
}

// foldedName is one for all spellings that a directory may take for one name (RFC 4518 §2): otherwise each would be tried anew.
func foldedName(name string) string {
	return strings.Join(strings.Fields(strings.ToLower(norm.NFKC.String(name))), " ")
}
