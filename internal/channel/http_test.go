package channel

import (
	"net/http"
	"testing"
	"time"
)

func TestRetryAfter(t *testing.T) {
	for _, row := range []struct {
		after, date string
		want        time.Duration
	}{
		{"", "", 0},
		{"120", "", 2 * time.Minute},
		{"-1", "", 0},
		{"99999999999", "", 0},
		{"Fri, 31 Dec 1999 23:59:59 GMT", "Fri, 31 Dec 1999 23:59:50 GMT", 9 * time.Second},
		{"Fri, 31 Dec 1999 23:59:59 GMT", "Fri, 31 Dec 1999 23:59:59 GMT", 0},
		{"Fri, 31 Dec 1999 23:59:50 GMT", "Fri, 31 Dec 1999 23:59:59 GMT", 0},
		{"Fri, 31 Dec 1999 23:59:59 GMT", "", 0},
	} {
		header := http.Header{"Retry-After": {row.after}, "Date": {row.date}}
		if got := (Reply{Header: header}).RetryAfter(); got != row.want {
			t.Errorf("%q at %q: %v, want %v", row.after, row.date, got, row.want)
		}
	}
}

func TestWord(t *testing.T) {
	for in, want := range map[string]Word{
		`"a\u0000b"`: "a\x00b", `""`: "", `12`: "12", `-1.5`: "-1.5", `null`: "", `true`: "", `{}`: "", `["a"]`: "",
	} {
		got := Word("before")
		if err := got.UnmarshalJSON([]byte(in)); err != nil || got != want {
			t.Errorf("%s: %q, %v", in, got, err)
		}
	}
	for in, want := range map[Word]int64{"1749416383": 1749416383, "253402300799": 253402300799, "253402300800": 0, "-5": 0, "0": 0, "1.5": 0, "x": 0, "": 0} {
		got := in.Time()
		if got.IsZero() != (want == 0) || want != 0 && got.Unix() != want {
			t.Errorf("%q: %v", in, got)
		}
	}
}
