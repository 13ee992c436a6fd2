package store

import (
	"math/bits"
	"slices"
)

// numbers is a set of the numbers that a book gives contacts. Few lie in a list, in order;
// many are bits.
type numbers struct {
	list []uint32
	bits bitmap
}

// Up to listed numbers are a list in any case, and more while that takes less room than bits.
const listed = 1000

func (s *numbers) add(n int) {
	if s.bits != nil {
		s.bits.set(n)
		return
	}
	at, there := slices.BinarySearch(s.list, uint32(n))
	if there {
		return
	}
	s.list = slices.Insert(s.list, at, uint32(n))
	if len(s.list) > max(listed, int(s.list[len(s.list)-1])/32) {
		for _, n := range s.list {
			s.bits.set(int(n))
		}
		s.list = nil
	}
}

func (s *numbers) remove(n int) {
	if s.bits != nil {
		s.bits.clear(n)
	} else if at, there := slices.BinarySearch(s.list, uint32(n)); there {
		s.list = slices.Delete(s.list, at, at+1)
	}
}

func (s *numbers) has(n int) bool {
	if s.bits != nil {
		return s.bits.has(n)
	}
	_, there := slices.BinarySearch(s.list, uint32(n))
	return there
}

func (s *numbers) size() int { return 4*cap(s.list) + 8*cap(s.bits) }

// all is the set as bits, which the caller only reads.
func (s *numbers) all() bitmap {
	if s == nil {
		return nil
	}
	if s.bits != nil {
		return s.bits
	}
	var m bitmap
	for _, n := range slices.Backward(s.list) { // so that it grows once
		m.set(int(n))
	}
	return m
}

// bitmap has a bit for each number. What lies behind its end is not set.
type bitmap []uint64

func words(n int) int { return (n + 63) / 64 }

// everybody are the numbers below n.
func everybody(n int) bitmap {
	m := make(bitmap, words(n))
	for w := range m {
		m[w] = ^uint64(0)
	}
	if n%64 != 0 {
		m[len(m)-1] = 1<<(n%64) - 1
	}
	return m
}

func (m *bitmap) set(n int) {
	if grow := n/64 + 1 - len(*m); grow > 0 {
		*m = append(*m, make(bitmap, grow)...)
	}
	(*m)[n/64] |= 1 << (n % 64)
}

func (m bitmap) clear(n int) {
	if n/64 < len(m) {
		m[n/64] &^= 1 << (n % 64)
	}
}

func (m bitmap) has(n int) bool { return n/64 < len(m) && m[n/64]>>(n%64)&1 == 1 }

func (m bitmap) and(other bitmap) {
	shared := min(len(m), len(other))
	for w := range shared {
		m[w] &= other[w]
	}
	clear(m[shared:])
}

func (m bitmap) andNot(other bitmap) {
	for w := range min(len(m), len(other)) {
		m[w] &^= other[w]
	}
}

func (m bitmap) or(other bitmap) {
	for w := range min(len(m), len(other)) {
		m[w] |= other[w]
	}
}

// keep clears whoever does not pass a test.
func (m bitmap) keep(test func(n int) bool) {
	for w, left := range m {
		for ; left != 0; left &= left - 1 {
			if n := w*64 + bits.TrailingZeros64(left); !test(n) {
				m[w] &^= left & -left
			}
		}
	}
}

func (m bitmap) count() (n int) {
	for _, w := range m {
		n += bits.OnesCount64(w)
	}
	return n
}

// up and down are the numbers in it, from either end.
func (m bitmap) up(yield func(int) bool) {
	for w, left := range m {
		for ; left != 0; left &= left - 1 {
			if !yield(w*64 + bits.TrailingZeros64(left)) {
				return
			}
		}
	}
}

func (m bitmap) down(yield func(int) bool) {
	for w := len(m) - 1; w >= 0; w-- {
		for left := m[w]; left != 0; {
			top := 63 - bits.LeadingZeros64(left)
			if !yield(w*64 + top) {
				return
			}
			left &^= 1 << top
		}
	}
}
