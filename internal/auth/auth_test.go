package auth_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"parley/internal/auth"
)

func TestPassword(t *testing.T) {
	const password = "correct horse ünd staple"
	hash := auth.HashPassword(password)
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") || strings.Contains(hash, password) {
		t.Errorf("hash %s", hash)
	}
	if hash == auth.HashPassword(password) {
		t.Error("two hashes of one password are equal: there is no salt")
	}
	if !auth.VerifyPassword(hash, password) {
		t.Error("the password does not verify")
	}
	for _, wrong := range []string{"", password + " ", strings.ToUpper(password), password[:len(password)-1]} {
		if auth.VerifyPassword(hash, wrong) {
			t.Errorf("%q verifies", wrong)
		}
	}
	for _, broken := range []string{"", "x", "$argon2id$", hash[:len(hash)-4], strings.Replace(hash, "v=19", "v=16", 1),
		strings.Replace(hash, "argon2id", "argon2i", 1), strings.Replace(hash, "m=19456", "m=8", 1), "$argon2id$v=19$m=19456,t=2,p=1$!$!"} {
		if auth.VerifyPassword(broken, password) {
			t.Errorf("verifies against %q", broken)
		}
	}
	if auth.VerifyPassword(auth.NoHash, "") || auth.VerifyPassword(auth.NoHash, password) {
		t.Error("there is a password for no account")
	}
}

func TestCheckPassword(t *testing.T) {
	for password, fine := range map[string]bool{
		"": false, "ninechars": false, "tencharss!": true, strings.Repeat("ü", 10): true, strings.Repeat("ü", 9): false,
		strings.Repeat("a", 1000): true, strings.Repeat("a", 1001): false,
	} {
		if got := auth.CheckPassword(password); (got == "") != fine {
			t.Errorf("CheckPassword(%.20q) = %q", password, got)
		}
	}
}

func sealer(t testing.TB, fill byte) *auth.Sealer {
	t.Helper()
	s, err := auth.NewSealer(bytes.Repeat([]byte{fill}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestSealer: a secret opens with its key at its place and nowhere else, and no bit of it
// can be changed (A5).
func TestSealer(t *testing.T) {
	ours, other := sealer(t, 1), sealer(t, 2)
	rapid.Check(t, func(t *rapid.T) {
		secret := rapid.SliceOf(rapid.Byte()).Draw(t, "secret")
		place := rapid.StringMatching(`channel/[0-9a-v]{3}`).Draw(t, "place")
		sealed := ours.Seal(place, secret)
		if len(secret) > 3 && strings.Contains(sealed, string(secret)) {
			t.Fatal("the secret can be read")
		}
		if sealed == ours.Seal(place, secret) {
			t.Fatal("sealing twice gives the same: there is no nonce")
		}
		if got, err := ours.Open(place, sealed); err != nil || !bytes.Equal(got, secret) {
			t.Fatalf("opened to %q, %v", got, err)
		}
		if _, err := ours.Open(place+"x", sealed); err == nil {
			t.Fatal("opens at another place")
		}
		if _, err := other.Open(place, sealed); err == nil {
			t.Fatal("opens with another key")
		}
		damaged := []byte(sealed)
		at := rapid.IntRange(0, len(damaged)-4).Draw(t, "at") // the last letters hold bits that mean nothing
		damaged[at] = map[bool]byte{true: 'B', false: 'A'}[damaged[at] == 'A']
		if _, err := ours.Open(place, string(damaged)); err == nil {
			t.Fatal("opens though it was changed")
		}
		if _, err := ours.Open(place, sealed[:at]); err == nil {
			t.Fatal("opens though the end is missing")
		}
	})
	if _, err := auth.NewSealer(make([]byte, 16)); err == nil {
		t.Error("a short key was taken")
	}
}

// TestLoadKey: the file is made once, for its owner alone, and read from then on.
func TestLoadKey(t *testing.T) {
	file := filepath.Join(t.TempDir(), "data", "secret.key")
	made, err := auth.LoadKey(file)
	if err != nil || len(made) != 32 {
		t.Fatalf("%x, %v", made, err)
	}
	if read, err := auth.LoadKey(file); err != nil || !bytes.Equal(read, made) {
		t.Errorf("read %x, %v; made %x", read, err, made)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v: others can read the key", info.Mode(), err)
	}
	if err := os.WriteFile(file, []byte("short\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := auth.LoadKey(file); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("a damaged key file: %v does not name it", err)
	}
}

func TestToken(t *testing.T) {
	token, hash := auth.NewToken("parley_")
	if !strings.HasPrefix(token, "parley_") || len(token) < 43 || strings.Contains(hash, token) || auth.HashToken(token) != hash {
		t.Errorf("token %s, hash %s", token, hash)
	}
	if other, _ := auth.NewToken("parley_"); other == token {
		t.Error("two tokens are equal")
	}
}
