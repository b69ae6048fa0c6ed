// Package mail writes and sends what people are to be told by mail.
//
// A letter (account.Letter) is a record in the batch of what it is about. When it is due it gets its words, in the language of
// its reader, and goes to a Carrier: a mail server, or in development mode a page. Addresses in it are made from the issuer and
// never from a request.
package mail
