package store

import "math"

// column holds of each contact one of not too many values, or none.
type column struct {
	codes  []uint16 // by the number of the contact; 0 is none. Those behind the end have none.
	values []string // by code - 1
	code   map[string]uint16
	more   bool // somebody has a value that has no code
}

// noCode stands for a value that came after all codes were taken.
const noCode = math.MaxUint16

func (c *column) set(n int, value string, has bool) {
	if !has {
		if n < len(c.codes) {
			c.codes[n] = 0
		}
		return
	}
	code, known := c.code[value]
	switch {
	case known:
	case len(c.values)+1 == noCode:
		code, c.more = noCode, true
	default:
		if c.code == nil {
			c.code = map[string]uint16{}
		}
		c.values = append(c.values, value)
		code = uint16(len(c.values))
		c.code[value] = code
	}
	if grow := n + 1 - len(c.codes); grow > 0 {
		c.codes = append(c.codes, make([]uint16, grow)...)
	}
	c.codes[n] = code
}

func (c *column) at(n int) uint16 {
	if n < len(c.codes) {
		return c.codes[n]
	}
	return 0
}

// keep clears whoever has no value that is wanted. Those whose value has no code stay, and
// exact is false where there may be such.
func (c *column) keep(m bitmap, none bool, wanted func(string) bool) (exact bool) {
	keeps := make([]bool, math.MaxUint16+1)
	keeps[0], keeps[noCode] = none, true
	for n, value := range c.values {
		keeps[n+1] = wanted(value)
	}
	m.keep(func(n int) bool { return keeps[c.at(n)] })
	return !c.more
}

func (c *column) size() int {
	n := 2 * cap(c.codes)
	for _, value := range c.values {
		n += 2*len(value) + 64
	}
	return n
}

// value is what a contact has; one without a code reads as none.
func (c *column) value(n int) (value string, has bool) {
	code := c.at(n)
	if code == 0 || code == noCode {
		return "", false
	}
	return c.values[code-1], true
}
