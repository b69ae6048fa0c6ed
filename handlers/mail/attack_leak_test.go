package mail_test

import (
	"context"
	"io"
	"net"
	"testing"
	"time"

	"go.uber.org/goleak"

	"signet/handlers/mail"
)

// A mail server that hangs, before it greets or in the middle of a mail, keeps nothing running once the attempt is given up.
func TestAttack_AO08_HangingMailServer(t *testing.T) {
	for name, says := range map[string]string{"never greets": "", "hangs after the greeting": "220 mail.example.test ready\r\n"} {
		t.Run(name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			held := make(chan net.Conn, 10)
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				for {
					c, err := l.Accept()
					if err != nil {
						return
					}
					_, _ = io.WriteString(c, says)
					held <- c
				}
			}()
			defer func() { _ = l.Close(); <-ended }()
			carrier, err := mail.NewSMTP(mail.Server{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, Security: mail.Plain, From: "id@example.test", HELO: "id.example.test"})
			if err != nil {
				t.Fatal(err)
			}
			letter := mail.Mail{To: "ada@example.test", ID: "1@example.test"}
			letter.Subject, letter.Text, letter.HTML = "x", "x", "x"
			before := goleak.IgnoreCurrent()
			for range 3 {
				ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
				if err := carrier.Carry(ctx, letter); err == nil {
					t.Error("carried")
				}
				cancel()
				c := <-held
				_ = c.SetReadDeadline(time.Now().Add(time.Minute))
				if _, err := io.Copy(io.Discard, c); err != nil {
					t.Errorf("the connection is kept: %v", err)
				}
				_ = c.Close()
			}
			if err := goleak.Find(before); err != nil {
				t.Error(err)
			}
		})
	}
}
