package cli

import (
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"signet/cli/config"
	"signet/provider/outbound"
)

// Only with its authority named and its network listed is a server of the operator's own network reached.
func TestOutboundIsAsConfigured(t *testing.T) {
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "keys") }))
	defer srv.Close()
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		config config.Outbound
		ok     bool
	}{
		{config.Outbound{}, false},
		{config.Outbound{AllowPrivate: loopbackNetworks}, false},
		{config.Outbound{CAFile: file}, false},
		{config.Outbound{AllowPrivate: loopbackNetworks, CAFile: file}, true},
	} {
		client, err := outboundClient(c.config)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.Get(t.Context(), srv.URL, outbound.Want{}); (err == nil) != c.ok {
			t.Errorf("%+v: %v", c.config, err)
		}
	}
	if _, err := outboundClient(config.Outbound{CAFile: file + ".absent"}); err == nil {
		t.Error("an absent file was taken")
	}
}
