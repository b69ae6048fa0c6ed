package keys

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestSecret_IsNotPrinted(t *testing.T) {
	s := Secret("hunter2")
	holder := struct {
		Name   string
		Secret Secret
		Ptr    *Secret
	}{"x", s, &s}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%10s"} {
		fmt.Fprintf(&out, verb, s)
		fmt.Fprintf(&out, verb, &s)
		fmt.Fprintf(&out, verb, []Secret{s})
		fmt.Fprintf(&out, verb, map[string]Secret{"k": s})
		fmt.Fprintf(&out, verb, holder)
	}
	fmt.Fprint(&out, s, holder)
	slog.New(slog.NewTextHandler(&out, nil)).Info("m", "s", s, "h", holder)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("m", "s", s, "h", holder)
	j, err := json.Marshal(holder)
	if err != nil {
		t.Fatal(err)
	}
	out.Write(j)
	for _, leak := range []string{"hunter2", "68756e74657232", "68756E74657232"} {
		if strings.Contains(out.String(), leak) {
			t.Errorf("%q in %s", leak, out.String())
		}
	}
	if s.Reveal() != "hunter2" {
		t.Error("Reveal does not")
	}
	var back struct{ Secret Secret }
	if err := json.Unmarshal([]byte(`{"Secret":"abc"}`), &back); err != nil || back.Secret.Reveal() != "abc" {
		t.Errorf("read %q, %v", back.Secret.Reveal(), err)
	}
}
