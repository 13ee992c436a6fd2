// Package auth holds what keeps strangers out: passwords, tokens and sealed secrets. It
// knows no database and no HTTP.
package auth

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// The cost of a password: argon2id as OWASP advises for interactive sign-in (19 MiB, two
// passes). It stands in each hash, so it can be raised without losing old ones.
const (
	memory  = 19 * 1024 // KiB
	passes  = 2
	threads = 1
	keySize = 32
)

// MinPassword is the fewest characters a password has.
const MinPassword = 10

// CheckPassword says in words what is wrong with a new password, or "".
func CheckPassword(password string) string {
	switch n := utf8.RuneCountInString(password); {
	case n < MinPassword:
		return fmt.Sprintf("A password needs at least %d characters. Three or four random words are easy to keep in mind.", MinPassword)
	case len(password) > 1000:
		return "A password can have at most 1000 bytes."
	}
	return ""
}

// HashPassword is the hash of a password, in the PHC string format.
func HashPassword(password string) string {
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // never fails
	key := argon2.IDKey([]byte(password), salt, passes, memory, threads, keySize)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, memory, passes, threads,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key))
}

// VerifyPassword reports whether a password has the hash. It takes as long for a hash
// that is none (NoHash), so that nobody learns which accounts exist.
func VerifyPassword(hash, password string) bool {
	parts := strings.Split(hash, "$")
	var version, m, t, p int
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false
	}
	if _, err := fmt.Sscanf(parts[2]+" "+parts[3], "v=%d m=%d,t=%d,p=%d", &version, &m, &t, &p); err != nil || version != argon2.Version {
		return false
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false
	}
	want, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil {
		return false
	}
	if t < 1 || p < 1 || p > 255 || m < 8 || m > 1<<20 || len(salt) == 0 || len(want) != keySize {
		return false // nothing that HashPassword wrote
	}
	got := argon2.IDKey([]byte(password), salt, uint32(t), uint32(m), uint8(p), uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1
}

// NoHash is a hash that no password has; verifying against it takes the usual time.
var NoHash = fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, memory, passes, threads,
	base64.RawStdEncoding.EncodeToString(make([]byte, 16)), base64.RawStdEncoding.EncodeToString(make([]byte, keySize)))
