package imports

import (
	"hash/maphash"

	"parley/internal/crm"
)

// seen remembers by whom the rows of a file are known, in some twelve bytes each: a file may have
// a million of them. Two in some thousand million may be taken for one: then a row is gone through
// again in vain.
type seen struct {
	seed   maphash.Seed
	tables [][]seenSlot // each twice as large as the one before, which is full
	free   int          // in the last of them
}

// seenSlot is half of a hash, of which the other half says where it stands, and the position of a
// row; 0 in a free slot.
type seenSlot struct {
	hash     uint32
	position int32
}

// firstTable is a power of two, as every table is.
const firstTable = 1 << 12

func newSeen() *seen { return &seen{seed: maphash.MakeSeed()} }

// add notes a row that was not refused.
func (s *seen) add(row crm.ImportRow, d *crm.Draft, created bool) {
	for _, i := range *d.Identities {
		s.note(s.identityHash(i), row.Position)
	}
	if !created {
		s.note(s.contactHash(row.ContactID), row.Position)
	}
}

// identity is the position of the first row with an identity; 0 when there is none.
func (s *seen) identity(i crm.Identity) int { return s.find(s.identityHash(i)) }

// contact is the position of the first row about a contact that was there before; 0 when there is
// none.
func (s *seen) contact(id crm.ID) int { return s.find(s.contactHash(id)) }

func (s *seen) find(hash uint64) int {
	for _, table := range s.tables {
		if at := slotOf(table, hash).position; at > 0 {
			return int(at)
		}
	}
	return 0
}

func (s *seen) note(hash uint64, position int) {
	if s.find(hash) > 0 {
		return
	}
	if s.free == 0 {
		size := firstTable << len(s.tables)
		s.tables, s.free = append(s.tables, make([]seenSlot, size)), size/4*3
	}
	*slotOf(s.tables[len(s.tables)-1], hash) = seenSlot{uint32(hash), int32(position)}
	s.free--
}

// slotOf is where a hash stands in a table, or would.
func slotOf(table []seenSlot, hash uint64) *seenSlot {
	for n := hash >> 32; ; n++ {
		slot := &table[n&uint64(len(table)-1)]
		if slot.position == 0 || slot.hash == uint32(hash) {
			return slot
		}
	}
}

func (s *seen) identityHash(i crm.Identity) uint64 { return s.hash(string(i.Kind), i.Value) }

func (s *seen) contactHash(id crm.ID) uint64 { return s.hash("contact", string(id)) }

func (s *seen) hash(kind, value string) uint64 {
	var h maphash.Hash
	h.SetSeed(s.seed)
	_, _ = h.WriteString(kind)
	_ = h.WriteByte(0)
	_, _ = h.WriteString(value)
	return h.Sum64()
}
