package broadcasts

import (
	"encoding/binary"
	"slices"
	"strconv"

	"parley/internal/crm"
)

// crowd is an audience as one look at the database saw it, packed: a million people take
// some 25 megabytes. With it the look is over before anybody is written down: while one
// lasts, SQLite cannot fold its log into the file, and the log grows with all that is written.
//
// A person is a first byte (why they are left out, and how the rest is written), the contact
// as a UUID or else as text, and the address as the number behind the plus or else as text.
type crowd struct {
	blocks [][]byte
	people int
}

// What the first byte says besides the reason, which stands above it.
const (
	packedContact = 1 << iota
	packedAddress
	reasonAbove
)

// blockSize is how large the pieces are in which a crowd grows, and is let go of.
const blockSize = 256 << 10

// add adds one person with why they are left out, "" for who is not.
func (c *crowd) add(contact crm.ID, address string, skip crm.SkipReason) {
	most := 1 + len(contact) + len(address) + 2*binary.MaxVarintLen64
	last := len(c.blocks) - 1
	if last < 0 || cap(c.blocks[last])-len(c.blocks[last]) < most {
		c.blocks = append(c.blocks, make([]byte, 0, max(blockSize, most)))
		last++
	}
	b := c.blocks[last]
	first := len(b)
	b = append(b, byte(slices.Index(crm.SkipReasons, skip)+1)*reasonAbove)
	if u, ok := contact.Bytes(); ok {
		b[first] |= packedContact
		b = append(b, u[:]...)
	} else {
		b = appendText(b, string(contact))
	}
	if number, ok := packNumber(address); ok {
		b[first] |= packedAddress
		b = binary.AppendUvarint(b, number)
	} else {
		b = appendText(b, address)
	}
	c.blocks[last] = b
	c.people++
}

// each hands everybody on in the order in which they were added, and lets go of them.
func (c *crowd) each(f func(contact crm.ID, address string, skip crm.SkipReason) error) error {
	for n, block := range c.blocks {
		take := func(length int) []byte {
			taken := block[:length]
			block = block[length:]
			return taken
		}
		number := func() uint64 {
			v, size := binary.Uvarint(block)
			take(size)
			return v
		}
		for len(block) > 0 {
			first := take(1)[0]
			var skip crm.SkipReason
			if reason := int(first / reasonAbove); reason > 0 {
				skip = crm.SkipReasons[reason-1]
			}
			var contact crm.ID
			if first&packedContact != 0 {
				contact = crm.IDOf([16]byte(take(16)))
			} else {
				contact = crm.ID(take(int(number())))
			}
			var address string
			if first&packedAddress != 0 {
				address = "+" + strconv.FormatUint(number(), 10)
			} else {
				address = string(take(int(number())))
			}
			if err := f(contact, address, skip); err != nil {
				return err
			}
		}
		c.blocks[n] = nil
	}
	return nil
}

func appendText(b []byte, text string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

// packNumber is the number behind the plus of a phone number.
func packNumber(address string) (uint64, bool) {
	if len(address) < 2 || address[0] != '+' {
		return 0, false
	}
	number, err := strconv.ParseUint(address[1:], 10, 64)
	return number, err == nil && address[1] != '0'
}
