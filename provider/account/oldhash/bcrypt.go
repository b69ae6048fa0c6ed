package oldhash

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"golang.org/x/crypto/bcrypt"
)

// maxBcryptCost is about a second.
const maxBcryptCost = 14

const bcryptSize = 60

// parseBcrypt reads bcrypt as everyone writes it, with or without Django's "bcrypt$" before it. Passwords count up to their
// 72nd byte, as they did where the hash was made.
func parseBcrypt(text string) (func(string) bool, error) {
	return bcryptOf(strings.TrimPrefix(text, "bcrypt$"), func(password string) []byte { return []byte(password) })
}

// parseBcryptSHA256 reads Django's bcrypt of the hexadecimal SHA-256 of a password.
func parseBcryptSHA256(text string) (func(string) bool, error) {
	return bcryptOf(strings.TrimPrefix(text, "bcrypt_sha256$"), func(password string) []byte {
		sum := sha256.Sum256([]byte(password))
		return hex.AppendEncode(nil, sum[:])
	})
}

func bcryptOf(text string, input func(password string) []byte) (func(string) bool, error) {
	stored := []byte(text)
	cost, err := bcrypt.Cost(stored)
	switch {
	case err != nil || len(text) != bcryptSize || strings.Trim(text[7:], bcryptLetters) != "":
		return nil, ErrMalformed
	case cost > maxBcryptCost:
		return nil, ErrCost
	}
	return func(password string) bool { return bcrypt.CompareHashAndPassword(stored, input(password)) == nil }, nil
}

const bcryptLetters = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
