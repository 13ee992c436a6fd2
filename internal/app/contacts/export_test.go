package contacts

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"testing"

	"parley/internal/crm"
	"parley/internal/store"
)

// Diff is diff, for tests.
var Diff = diff

// BulkChunk is bulkChunk, for tests that break it off.
var BulkChunk = (*Contacts).bulkChunk

// FreezeInChunksOf has fewer contacts frozen at a time while a test runs.
func FreezeInChunksOf(t testing.TB, n int) {
	usual := freezeChunk
	freezeChunk = n
	t.Cleanup(func() { freezeChunk = usual })
}

// VCard is vCard, for tests.
var VCard = vCard

// StyleHash is how a policy names a style, for tests.
func StyleHash(style string) string {
	sum := sha256.Sum256([]byte(style))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// Apart is apart.
var Apart = apart

// FindBeside looks for duplicates as KeepDuplicates does.
func FindBeside(ctx context.Context, s *Contacts) error {
	return s.findDuplicates(ctx, map[crm.ID]store.Cursor{}, s.importing)
}
