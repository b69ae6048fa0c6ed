package e2e_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"testing"
	"time"

	"signet/e2e"
)

// newestMail waits until a person's mails are more than there were, and returns the text of the newest, and how many there are.
func newestMail(t *testing.T, provider *e2e.Provider, before int) (text string, n int) {
	t.Helper()
	for range 100 {
		answer, err := http.Get(provider.Issuer + "/dev/api/mail")
		if err != nil {
			t.Fatal(err)
		}
		var caught []struct{ Text string }
		err = json.NewDecoder(answer.Body).Decode(&caught)
		answer.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if len(caught) > before {
			return caught[0].Text, len(caught)
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatal("no mail came")
	return "", 0
}

var (
	codeInMail = regexp.MustCompile(`\d{4} \d{4}`)
	linkInMail = regexp.MustCompile(`http://\S+/login/link\?link=\S+`)
)

// A person signs in by the code of a mail, and by its link.
func TestBrowser_MailedCode(t *testing.T) {
	b, provider := person(t, launch(t)), e2e.Development(t)
	ask := func(before int) (string, int) {
		b.open(provider.Issuer+"/login", "form#login")
		b.fill("#identifier", "ada")
		b.click("#by-mail", "#code-form")
		return newestMail(t, provider, before)
	}
	text, n := ask(0)
	b.look("mail-code")
	b.fill("#code", "0000 0000")
	b.click("#continue", "#problem")
	b.fill("#code", codeInMail.FindString(text))
	b.click("#continue", "#person")
	signOut(b, provider)
	text, _ = ask(n)
	b.open(linkInMail.FindString(text), "form#confirm")
	b.look("mail-sign-in")
	b.click("#sign-in", "#person")
	b.wantQuiet("mailed code")
}
