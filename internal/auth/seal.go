package auth

import (
	"bytes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/crypto/chacha20poly1305"
)

// Sealer encrypts secrets at rest (A5). What it seals opens only under the same key and
// for the same place, so a sealed value copied to another row is useless.
type Sealer struct {
	aead cipher.AEAD
	key  []byte
}

// NewSealer makes a Sealer of a 32-byte key.
func NewSealer(key []byte) (*Sealer, error) {
	aead, err := chacha20poly1305.NewX(key)
	if err != nil {
		return nil, fmt.Errorf("secret key: %w", err)
	}
	return &Sealer{aead, bytes.Clone(key)}, nil
}

// MAC vouches for data under a key of its own for each place: only whoever has the secret
// key can make it.
func (s *Sealer) MAC(place string, data []byte) string {
	own := hmac.New(sha256.New, s.key)
	_, _ = own.Write([]byte("parley mac " + place)) // never fails
	mac := hmac.New(sha256.New, own.Sum(nil))
	_, _ = mac.Write(data)
	return base64.RawStdEncoding.EncodeToString(mac.Sum(nil))
}

// KeyID names the secret key without telling it.
func (s *Sealer) KeyID() string { return s.MAC("key id", nil)[:12] }

// Seal encrypts a secret for a place, such as "channel/…".
func (s *Sealer) Seal(place string, secret []byte) string {
	nonce := make([]byte, s.aead.NonceSize())
	_, _ = rand.Read(nonce) // never fails
	return base64.StdEncoding.EncodeToString(s.aead.Seal(nonce, nonce, secret, []byte(place)))
}

// Open decrypts what Seal made for the same place.
func (s *Sealer) Open(place, sealed string) ([]byte, error) {
	b, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil || len(b) < s.aead.NonceSize() {
		return nil, errors.New("sealed secret: damaged")
	}
	secret, err := s.aead.Open(nil, b[:s.aead.NonceSize()], b[s.aead.NonceSize():], []byte(place))
	if err != nil {
		return nil, errors.New("sealed secret: it was sealed with another key; use the secret key file of the node that stored it")
	}
	return secret, nil
}

// ParseKey reads a key as LoadKey writes it.
func ParseKey(text string) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil || len(key) != chacha20poly1305.KeySize {
		return nil, fmt.Errorf("the secret key must be %d bytes in base64 (openssl rand -base64 32)", chacha20poly1305.KeySize)
	}
	return key, nil
}

// LoadKey reads the key in a file, and makes the file, for its owner alone, when there is
// none.
func LoadKey(file string) ([]byte, error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return makeKey(file)
	}
	if err != nil {
		return nil, err
	}
	key, err := ParseKey(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return key, nil
}

func makeKey(file string) ([]byte, error) {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return nil, err
	}
	key := make([]byte, chacha20poly1305.KeySize)
	_, _ = rand.Read(key) // never fails
	// Written whole beside its place and then linked there, so that a process that starts
	// at the same moment never reads half a key; os.CreateTemp makes it 0600.
	f, err := os.CreateTemp(filepath.Dir(file), ".secret-*")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	_, err = f.WriteString(base64.StdEncoding.EncodeToString(key) + "\n")
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, err
	}
	err = os.Link(f.Name(), file)
	if errors.Is(err, fs.ErrExist) {
		return LoadKey(file) // another process was faster
	}
	return key, err
}
