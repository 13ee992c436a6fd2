package auth_test

import (
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"parley/internal/auth"
)

// A stored hash that is damaged fits no password, and ends nothing.
func TestDamagedHash(t *testing.T) {
	for _, hash := range []string{
		"", "$", "$argon2id$v=19$m=19456,t=0,p=1$AAAA$AAAA", "$argon2id$v=19$m=19456,t=2,p=0$AAAA$AAAA",
		"$argon2id$v=19$m=19456,t=2,p=1$AAAA$", "$argon2id$v=19$m=4000000000,t=2,p=1$AAAA$AAAA", auth.NoHash,
	} {
		if auth.VerifyPassword(hash, "") || auth.VerifyPassword(hash, "anything at all") {
			t.Errorf("%q fits a password", hash)
		}
	}
}

// Nodes that start at the same moment on one folder agree on one key.
func TestOneKeyForAll(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret.key")
	keys := make([][]byte, 16)
	var wg sync.WaitGroup
	for i := range keys {
		wg.Go(func() {
			var err error
			if keys[i], err = auth.LoadKey(file); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, key := range keys {
		if !slices.Equal(key, keys[0]) {
			t.Fatal("two processes made two keys")
		}
	}
}
