package broadcasts

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"parley/internal/crm"
)

// A crowd hands on whom it was given, in that order.
func TestCrowd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type person struct {
			id      crm.ID
			address string
			skip    crm.SkipReason
		}
		draw := rapid.Custom(func(t *rapid.T) person {
			return person{crm.ID(rapid.SampledFrom([]string{"", string(crm.NewID(time.Now())), strings.Repeat("v", 26), "somebody"}).Draw(t, "id")),
				rapid.OneOf(rapid.StringMatching(`\+?[0-9]{0,21}`), rapid.String(), rapid.Just(strings.Repeat("ü", blockSize))).Draw(t, "address"), rapid.SampledFrom(append(crm.SkipReasons, "")).Draw(t, "skip")}
		})
		var c crowd
		var want, got []string
		for _, p := range rapid.SliceOfN(draw, 0, 60).Draw(t, "people") {
			c.add(p.id, p.address, p.skip)
			want = append(want, fmt.Sprint(p))
		}
		if c.people != len(want) {
			t.Fatalf("counted %d of %d", c.people, len(want))
		}
		err := c.each(func(id crm.ID, address string, skip crm.SkipReason) error {
			got = append(got, fmt.Sprint(person{id, address, skip}))
			return nil
		})
		if err != nil || strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Fatalf("%d people became %d, or others; %v", len(want), len(got), err)
		}
	})
}
