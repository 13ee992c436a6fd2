package crm

import (
	"regexp/syntax"
	"slices"
	"sync"

	"github.com/nyaruka/phonenumbers"
)

// kindOf is what phonenumbers.GetNumberType says of a number, by the same patterns of the
// library's: it asks them one after another, as texts by which it looks up what it compiled, and
// that was half of reading a number. Here each is a table with a step for each digit.
func kindOf(number *phonenumbers.PhoneNumber) phonenumbers.PhoneNumberType {
	code := int(number.GetCountryCode())
	regions := phonenumbers.GetRegionCodesForCountryCode(code)
	national := phonenumbers.GetNationalSignificantNumber(number)
	if len(regions) == 1 {
		return planOf(regions[0], code).kind(national)
	}
	for _, region := range regions {
		switch p := planOf(region, code); {
		case p.leading == nil:
			if kind := p.kind(national); kind != phonenumbers.UNKNOWN {
				return kind
			}
		case p.leading.beginsWith(national):
			return p.kind(national)
		}
	}
	return phonenumbers.UNKNOWN
}

// plan is the numbering plan of a region.
type plan struct {
	leading *digitPattern // what tells it from others with its country code; nil when that is all
	general *numbers
	kinds   []kindNumbers // in the order in which they are asked
	fixed   *numbers
	mobile  *numbers // nil where they are as fixed ones
}

type kindNumbers struct {
	kind phonenumbers.PhoneNumberType
	of   *numbers
}

func (p *plan) kind(national string) phonenumbers.PhoneNumberType {
	if !p.general.has(national) {
		return phonenumbers.UNKNOWN
	}
	for _, k := range p.kinds {
		if k.of.has(national) {
			return k.kind
		}
	}
	switch fixed := p.fixed.has(national); {
	case fixed && (p.mobile == nil || p.mobile.has(national)):
		return phonenumbers.FIXED_LINE_OR_MOBILE
	case fixed:
		return phonenumbers.FIXED_LINE
	case p.mobile != nil && p.mobile.has(national):
		return phonenumbers.MOBILE
	}
	return phonenumbers.UNKNOWN
}

// numbers are those of one kind.
type numbers struct {
	lengths []int32 // any when there is none
	pattern *digitPattern
}

func numbersLike(d *phonenumbers.PhoneNumberDesc) *numbers {
	return &numbers{d.GetPossibleLength(), newDigitPattern(d.GetNationalNumberPattern())}
}

func (n *numbers) has(national string) bool {
	return (len(n.lengths) == 0 || slices.Contains(n.lengths, int32(len(national)))) && n.pattern.matches(national)
}

type planKey struct {
	region string // "001" for countries that are none, such as free numbers of the world
	code   int
}

var (
	plans    sync.Map // planKey → *plan, made when somebody first asks
	metadata = sync.OnceValue(func() map[planKey]*phonenumbers.PhoneMetadata {
		all, err := phonenumbers.MetadataCollection()
		if err != nil {
			panic(err) // it is part of the program
		}
		m := map[planKey]*phonenumbers.PhoneMetadata{}
		for _, d := range all.GetMetadata() {
			m[planKey{d.GetId(), int(d.GetCountryCode())}] = d
		}
		return m
	})
)

func planOf(region string, code int) *plan {
	key := planKey{region, code}
	if p, ok := plans.Load(key); ok {
		return p.(*plan)
	}
	d := metadata()[key]
	p := &plan{general: numbersLike(d.GetGeneralDesc()), fixed: numbersLike(d.GetFixedLine())}
	if d.GetLeadingDigits() != "" {
		p.leading = newDigitPattern(d.GetLeadingDigits())
	}
	if !d.GetSameMobileAndFixedLinePattern() {
		p.mobile = numbersLike(d.GetMobile())
	}
	p.kinds = []kindNumbers{
		{phonenumbers.PREMIUM_RATE, numbersLike(d.GetPremiumRate())},
		{phonenumbers.TOLL_FREE, numbersLike(d.GetTollFree())},
		{phonenumbers.SHARED_COST, numbersLike(d.GetSharedCost())},
		{phonenumbers.VOIP, numbersLike(d.GetVoip())},
		{phonenumbers.PERSONAL_NUMBER, numbersLike(d.GetPersonalNumber())},
		{phonenumbers.PAGER, numbersLike(d.GetPager())},
		{phonenumbers.UAN, numbersLike(d.GetUan())},
		{phonenumbers.VOICEMAIL, numbersLike(d.GetVoicemail())},
	}
	made, _ := plans.LoadOrStore(key, p)
	return made.(*plan)
}

// digitPattern is a regular expression over digits as a table: from each state each digit leads
// to another, of which the first is the one that leads nowhere.
type digitPattern struct {
	next [][10]uint16
	ends []bool // whether the expression may end in a state
}

const (
	nowhere = 0
	begin   = 1
)

func (p *digitPattern) matches(digits string) bool {
	state := uint16(begin)
	for i := range len(digits) {
		state = p.next[state][digits[i]-'0']
	}
	return p.ends[state]
}

// beginsWith reports whether digits begin with a text of the pattern.
func (p *digitPattern) beginsWith(digits string) bool {
	state := uint16(begin)
	for i := 0; i < len(digits) && !p.ends[state]; i++ {
		state = p.next[state][digits[i]-'0']
	}
	return p.ends[state]
}

// newDigitPattern makes the table of an expression: a state is the set of all places in the
// expression at which one may be. It panics at what no pattern of numbers has.
func newDigitPattern(expression string) *digitPattern {
	tree, err := syntax.Parse(expression, syntax.Perl)
	if err != nil {
		panic(err)
	}
	program, err := syntax.Compile(tree.Simplify())
	if err != nil {
		panic(err)
	}
	b := &patternBuilder{program: program, known: map[string]uint16{"": nowhere}, places: [][]uint32{nil}}
	b.p = &digitPattern{next: make([][10]uint16, 1), ends: make([]bool, 1)}
	b.state(b.reached(nil, uint32(program.Start)))
	for state := begin; state < len(b.places); state++ {
		for digit := range 10 {
			var places []uint32
			for _, place := range b.places[state] {
				if inst := &program.Inst[place]; inst.Op != syntax.InstMatch && inst.MatchRune(rune('0'+digit)) {
					places = b.reached(places, inst.Out)
				}
			}
			b.p.next[state][digit] = b.state(places)
		}
	}
	return b.p
}

type patternBuilder struct {
	program *syntax.Prog
	p       *digitPattern
	places  [][]uint32 // by state
	known   map[string]uint16
}

// reached adds the places that read a digit, or end, to which one gets from another without
// reading any.
func (b *patternBuilder) reached(places []uint32, from uint32) []uint32 {
	switch inst := &b.program.Inst[from]; inst.Op {
	case syntax.InstAlt, syntax.InstAltMatch:
		return b.reached(b.reached(places, inst.Out), inst.Arg)
	case syntax.InstCapture, syntax.InstNop:
		return b.reached(places, inst.Out)
	case syntax.InstFail:
		return places
	case syntax.InstEmptyWidth:
		panic("crm: a pattern of numbers that looks around: " + b.program.String())
	}
	if slices.Contains(places, from) {
		return places
	}
	return append(places, from)
}

// state is the state with some places, which may be a new one.
func (b *patternBuilder) state(places []uint32) uint16 {
	slices.Sort(places)
	key := make([]byte, 0, 4*len(places))
	for _, place := range places {
		key = append(key, byte(place), byte(place>>8), byte(place>>16), byte(place>>24))
	}
	if state, ok := b.known[string(key)]; ok {
		return state
	}
	state := uint16(len(b.places))
	b.known[string(key)] = state
	b.places = append(b.places, places)
	b.p.next = append(b.p.next, [10]uint16{})
	b.p.ends = append(b.p.ends, slices.ContainsFunc(places, func(place uint32) bool { return b.program.Inst[place].Op == syntax.InstMatch }))
	return state
}
