package imports

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"path"
	"strings"
	"unicode/utf8"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// partBytes is how much of a file one row holds.
const partBytes = 512 << 10

// Keep takes a file in, finds out what it is and proposes the choices. It reads r piece by
// piece; when that ends early or the file cannot be read, nothing is left of it. Errors
// are of kind Invalid, or those of r.
func (s *Imports) Keep(ctx context.Context, who crm.Actor, name string, r io.Reader) (*crm.Import, error) {
	now := s.Now()
	i := &crm.Import{BusinessID: who.BusinessID, ID: crm.NewID(now), Name: cleanName(name), Status: crm.ImportUploading,
		UserID: who.UserID, ByName: who.Name, CreatedAt: now, MovedAt: now}
	if err := s.DB.Write(ctx, func(tx *db.Tx) error {
		store.AddImport(tx, who.BusinessID, i)
		return nil
	}); err != nil {
		return nil, err
	}
	err := s.keepParts(ctx, i, r)
	if err == nil {
		i.Choices = crm.ImportChoices{Existing: crm.FillExisting, Tags: []string{}}
		err = s.understand(ctx, i, true, nil)
	}
	if err == nil {
		i.Status, i.MovedAt = crm.ImportMapping, s.Now()
		err = s.DB.Write(ctx, func(tx *db.Tx) error {
			store.ChangeImport(tx, who.BusinessID, i)
			return s.record(tx, s.event(who, crm.ImportUploaded, i))
		})
	}
	if err != nil {
		return nil, errors.Join(err, s.forget(context.WithoutCancel(ctx), i.BusinessID, i.ID))
	}
	return i, nil
}

// partsAtOnce is how many pieces of a file are removed in one transaction, and how many are
// written before SQLite lets go of them.
const partsAtOnce = 8

// forget removes an import that is uploading, with its file and its rows. All at once would
// hold SQLite's one writer for seconds and take as much memory as the file is large. What
// a crash leaves is forgotten later (TakeUpLeft).
func (s *Imports) forget(ctx context.Context, business, id crm.ID) error {
	for more := true; more; {
		err := s.DB.Write(ctx, func(tx *db.Tx) error {
			rows, err := store.DropImportRows(tx, business, id, maxChunk)
			if err != nil {
				return err
			}
			parts, err := store.DropImportParts(tx, business, id, partsAtOnce)
			if more = rows+parts > 0; err == nil && !more {
				store.DeleteImport(tx, business, id)
			}
			store.SpareMemory(tx)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// keepParts stores the bytes of a file.
func (s *Imports) keepParts(ctx context.Context, i *crm.Import, r io.Reader) error {
	sum := sha256.New()
	for n := 0; ; n++ {
		part := make([]byte, partBytes)
		size, last := 0, false
		for size < partBytes && !last {
			got, err := r.Read(part[size:])
			size += got
			if last = errors.Is(err, io.EOF); err != nil && !last {
				return err
			}
		}
		if i.Size += int64(size); i.Size > s.Limit() {
			return crm.Errorf(crm.Invalid, "file_too_large", "The file is larger than %d MB, which is the most that can be imported. Part it in two.", s.Limit()>>20)
		}
		_, _ = sum.Write(part[:size])
		if size > 0 {
			if err := s.DB.Write(ctx, func(tx *db.Tx) error {
				store.AddImportPart(tx, i.BusinessID, i.ID, n, part[:size])
				if n%partsAtOnce == 0 {
					store.SpareMemory(tx)
				}
				return nil
			}); err != nil {
				return err
			}
		}
		if last {
			break
		}
	}
	i.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return nil
}

// cleanName is the name of a file without its folders, fit to be shown.
func cleanName(name string) string {
	name = path.Base(strings.ReplaceAll(strings.ToValidUTF8(name, "?"), `\`, "/"))
	var problems crm.Problems
	clean := crm.CleanLine(&problems, "file", strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f {
			return -1
		}
		return r
	}, name), 1000)
	for utf8.RuneCountInString(clean) > 120 {
		_, size := utf8.DecodeLastRuneInString(clean)
		clean = clean[:len(clean)-size]
	}
	if clean == "" || clean == "." || clean == "/" {
		return "file"
	}
	return clean
}

// kept reads the parts of a file as one. It holds a few of them, for spreadsheets jump
// about.
type kept struct {
	ctx          context.Context
	db           *db.DB
	business, id crm.ID // and not the import: what works at it moves it on meanwhile
	size         int64
	held         map[int][]byte
	recent       []int
}

// heldParts is how many parts are in memory.
const heldParts = 8

func (s *Imports) open(ctx context.Context, i *crm.Import) *kept {
	return &kept{ctx: ctx, db: s.DB, business: i.BusinessID, id: i.ID, size: i.Size, held: map[int][]byte{}}
}

// ReadAt implements io.ReaderAt for one goroutine.
func (k *kept) ReadAt(p []byte, off int64) (n int, err error) {
	for n < len(p) {
		at := off + int64(n)
		if at >= k.size {
			return n, io.EOF
		}
		part, err := k.part(int(at / partBytes))
		if err != nil {
			return n, err
		}
		n += copy(p[n:], part[at%partBytes:])
	}
	return n, nil
}

func (k *kept) part(n int) ([]byte, error) {
	if part, ok := k.held[n]; ok {
		return part, nil
	}
	var part []byte
	err := k.db.Read(k.ctx, func(tx *db.Tx) error {
		found := false
		var err error
		if part, found, err = store.ImportPart(tx, k.business, k.id, n); err == nil && !found {
			err = crm.Errorf(crm.Conflicting, "file_gone", "The file is no longer kept. Bring it again.")
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(k.recent) == heldParts {
		delete(k.held, k.recent[0])
		k.recent = k.recent[1:]
	}
	k.held[n], k.recent = part, append(k.recent, n)
	return part, nil
}
