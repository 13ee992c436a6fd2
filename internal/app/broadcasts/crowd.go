package broadcasts

import (
	"encoding/binary"
	"slices"

	"parley/internal/crm"
)

// crowd is an audience as one look at the database saw it, packed: a million people take
// some fifty megabytes. With it the look is over before anybody is written down: while one
// lasts, SQLite cannot fold its log into the file, and the log grows with all that is written.
type crowd struct {
	blocks [][]byte
	people int
}

// blockSize is how large the pieces are in which a crowd grows, and is let go of.
const blockSize = 256 << 10

// add adds one person with why they are left out, "" for who is not.
func (c *crowd) add(contact crm.ID, address string, skip crm.SkipReason) {
	most := len(contact) + len(address) + 3*binary.MaxVarintLen64
	last := len(c.blocks) - 1
	if last < 0 || cap(c.blocks[last])-len(c.blocks[last]) < most {
		c.blocks = append(c.blocks, make([]byte, 0, max(blockSize, most)))
		last++
	}
	b := binary.AppendUvarint(c.blocks[last], uint64(slices.Index(crm.SkipReasons, skip)+1))
	for _, text := range []string{string(contact), address} {
		b = append(binary.AppendUvarint(b, uint64(len(text))), text...)
	}
	c.blocks[last] = b
	c.people++
}

// each hands everybody on in the order in which they were added, and lets go of them.
func (c *crowd) each(f func(contact crm.ID, address string, skip crm.SkipReason) error) error {
	for n, block := range c.blocks {
		number := func() int {
			v, size := binary.Uvarint(block)
			block = block[size:]
			return int(v)
		}
		text := func() string {
			length := number()
			s := string(block[:length])
			block = block[length:]
			return s
		}
		for len(block) > 0 {
			var skip crm.SkipReason
			if reason := number(); reason > 0 {
				skip = crm.SkipReasons[reason-1]
			}
			if err := f(crm.ID(text()), text(), skip); err != nil {
				return err
			}
		}
		c.blocks[n] = nil
	}
	return nil
}
