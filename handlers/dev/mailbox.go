package dev

import (
	"context"
	"slices"
	"sync"

	"signet/handlers/mail"
)

// keptMails is how many mails are kept.
const keptMails = 100

// Mailbox catches every mail: nothing of a development server reaches anybody. Its methods may be called from many goroutines.
type Mailbox struct {
	mu    sync.Mutex
	mails []mail.Mail
}

var _ mail.Carrier = (*Mailbox)(nil)

// Carry implements mail.Carrier.
func (b *Mailbox) Carry(_ context.Context, m mail.Mail) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.mails = append(b.mails, m)
	b.mails = b.mails[max(len(b.mails)-keptMails, 0):]
	return nil
}

// All returns the mails, newest first.
func (b *Mailbox) All() []mail.Mail {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := slices.Clone(b.mails)
	slices.Reverse(all)
	return all
}

func (b *Mailbox) find(id string) (mail.Mail, bool) {
	all := b.All()
	i := slices.IndexFunc(all, func(m mail.Mail) bool { return m.ID == id })
	if i < 0 {
		return mail.Mail{}, false
	}
	return all[i], true
}
