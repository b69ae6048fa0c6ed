package dev_test

import (
	"errors"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"signet/handlers/dev"
)

var machineTime = time.Date(2026, 11, 20, 12, 4, 31, 0, time.UTC)

// modeAt makes development mode on a directory, with a machine's clock that stands still.
func modeAt(t *testing.T, path string, now time.Time, seed *dev.Seed) *dev.Mode {
	t.Helper()
	dir, err := dev.OpenDirectory(path)
	if err != nil {
		t.Fatal(err)
	}
	m, err := dev.New(dev.Config{Issuer: issuer, Directory: dir, Clock: func() time.Time { return now }, Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// The clock never shows an earlier time than before, whatever happens between two runs.
func TestClock_NeverGoesBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data")
	m := modeAt(t, path, machineTime, nil)
	if !m.Now().Equal(machineTime) {
		t.Fatalf("a new clock shows %s", m.Now())
	}
	if err := m.Clock().Advance(24 * time.Hour); err != nil {
		t.Fatal(err)
	}
	reached := m.Now()
	if want := machineTime.Add(24 * time.Hour); !reached.Equal(want) {
		t.Fatalf("a day on: %s, want %s", reached, want)
	}
	// The run was killed: nobody has closed the clock.
	m = modeAt(t, path, machineTime.Add(time.Minute), nil)
	if want := reached.Add(time.Minute); !m.Now().Equal(want) {
		t.Errorf("after a restart: %s, want %s", m.Now(), want)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	reached = m.Now()
	m = modeAt(t, path, machineTime.Add(-time.Hour), nil)
	if m.Now().Before(reached) {
		t.Errorf("the machine's clock went back an hour: %s, before %s", m.Now(), reached)
	}
	m = modeAt(t, path, machineTime, &dev.Seed{Now: machineTime.AddDate(-1, 0, 0)})
	if m.Now().Before(reached) {
		t.Errorf("a seed moved the clock back to %s", m.Now())
	}
	later := machineTime.AddDate(1, 0, 0)
	if m = modeAt(t, path, machineTime, &dev.Seed{Now: later}); !m.Now().Equal(later) {
		t.Errorf("a seed from the future: %s, want %s", m.Now(), later)
	}
}

func TestClock_BeginsWithSeed(t *testing.T) {
	past := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	m := modeAt(t, filepath.Join(t.TempDir(), "data"), machineTime, &dev.Seed{Now: past})
	if !m.Now().Equal(past) {
		t.Errorf("%s, want %s", m.Now(), past)
	}
}

func TestClock_RefusesSteps(t *testing.T) {
	m := modeAt(t, filepath.Join(t.TempDir(), "data"), machineTime, nil)
	for _, by := range []time.Duration{0, -time.Second, 11 * 365 * 24 * time.Hour} {
		if err := m.Clock().Advance(by); !errors.Is(err, dev.ErrClock) {
			t.Errorf("%s: %v, want refused", by, err)
		}
	}
	for range 20 {
		_ = m.Clock().Advance(10 * 365 * 24 * time.Hour)
	}
	if ahead := m.Clock().Offset(); ahead > 101*365*24*time.Hour || ahead < 90*365*24*time.Hour {
		t.Errorf("%s ahead, want about a hundred years and no more", ahead)
	}
}

// A clock that cannot be kept is not moved, and one that cannot be read stops the server.
func TestClock_Files(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data")
	m := modeAt(t, path, machineTime, nil)
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
	if err := m.Clock().Advance(time.Hour); err == nil || m.Clock().Offset() != 0 {
		t.Errorf("moved by %s without being kept: %v", m.Clock().Offset(), err)
	}
	for _, text := range []string{"", "{", `{"offset":"soon","reached":"2026-01-01T00:00:00Z"}`} {
		dir, err := dev.OpenDirectory(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(path, "clock.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := dev.New(dev.Config{Issuer: issuer, Directory: dir, Clock: time.Now}); !errors.Is(err, dev.ErrClock) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// Moving the clock ends what should have ended by then, and what is issued afterwards is of the new time.
func TestClock_EndsTokens(t *testing.T) {
	w := newWorld(t, nil)
	b := w.browser()
	_, answer := w.form("/token", redeem(w.code(b, request(nil)), nil))
	access, _ := answer["access_token"].(string)
	before := claimsOf(t, answer["id_token"])["iat"].(float64)
	userinfo := func() int {
		status, _ := w.do(http.MethodGet, "/userinfo", "", "", "Authorization", "Bearer "+access)
		return status
	}
	if got := userinfo(); got != http.StatusOK {
		t.Fatalf("userinfo: %d", got)
	}
	b.Get("/dev").Press("advance=15m", nil)
	if b.Status() != http.StatusOK || b.URL().Path != "/dev" || !strings.Contains(b.TextOf("offset"), "15m") {
		t.Fatalf("%d at %s: %s", b.Status(), b.URL(), b.Text())
	}
	if got := userinfo(); got != http.StatusUnauthorized {
		t.Errorf("userinfo a quarter of an hour later: %d, want 401", got)
	}
	refresh, _ := answer["refresh_token"].(string)
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh}, "client_id": {"my-app"}}
	status, answer := w.form("/token", form)
	if status != http.StatusOK {
		t.Fatalf("refresh: %d %v", status, answer)
	}
	if after := claimsOf(t, answer["id_token"])["iat"].(float64); after < before+900 {
		t.Errorf("iat moved by %v seconds, want 900 at least", after-before)
	}
	if status, text := w.post("/dev/api/clock", `{"advance":"2400h"}`); status != http.StatusOK || !strings.Contains(text, "2400h15m0s") {
		t.Fatalf("%d %s", status, text)
	}
	form.Set("refresh_token", answer["refresh_token"].(string))
	if status, answer := w.form("/token", form); answer["error"] != "invalid_grant" {
		t.Errorf("refresh a hundred days later: %d %v", status, answer)
	}
	if b.Get("/authorize?" + request(nil).Encode()); !b.Has("login") {
		t.Errorf("the session has outlived a hundred days:\n%s", b.Text())
	}
	if status, answer := w.form("/token", redeem(w.code(b, request(nil)), nil)); status != http.StatusOK {
		t.Errorf("nobody can sign in any more: %d %v", status, answer)
	}
}

func TestClock_API(t *testing.T) {
	w := newWorld(t, nil)
	for _, body := range []string{`{}`, `{"advance":"soon"}`, `{"advance":"-1h"}`, `{"advance":"1h","back":"2h"}`, `[]`, `{"advance":"1h"}{}`} {
		if status, text := w.post("/dev/api/clock", body); status != http.StatusBadRequest || !strings.Contains(text, `"error":"invalid"`) {
			t.Errorf("%s: %d %s", body, status, text)
		}
	}
	if status, text := w.do(http.MethodGet, "/dev/api/clock", "", ""); status != http.StatusOK || !strings.Contains(text, `"ahead":"0s"`) {
		t.Errorf("%d %s", status, text)
	}
	b := w.browser().Get("/dev")
	b.Press("advance=1m", url.Values{"form_token": {"forged"}})
	if b.Status() != http.StatusForbidden {
		t.Errorf("without the form's token: %d", b.Status())
	}
	b.Get("/dev").Submit("clock", url.Values{"advance": {"-1h"}})
	if b.Status() != http.StatusBadRequest || w.mode.Clock().Offset() != 0 {
		t.Errorf("an hour back: %d, offset %s", b.Status(), w.mode.Clock().Offset())
	}
}
