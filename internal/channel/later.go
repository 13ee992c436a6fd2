package channel

import (
	"context"
	"slices"
	"time"

	"parley/internal/crm"
)

// Finder is a Channel whose provider tells afterwards what it took: by its list a message
// whose end is not known is settled.
type Finder interface {
	// Taken are the messages for an address that the provider took since a time. A message
	// that is not among them a few minutes after it was handed over never was taken. The
	// error is a *SendError.
	Taken(ctx context.Context, address string, since time.Time) ([]Taken, error)
}

// Taken is a message in a provider's list, with what became of it.
type Taken struct {
	crm.InboundStatus
	Text string
}

// mayEndOtherwise are the codes of failures that another try later may not meet: what is
// out of reach, held back or too busy now. Meta's begin with 13, Twilio's with 3,
// Vonage's have four digits.
var mayEndOtherwise = []string{"131049", "130429", "131048", "131056", "131057", "131016", "133004", "131000", "1", "2", "4", "80007",
	"30001", "30003", "30008", "14107", "20429", "63018", "1000", "1241", "no connection", "http 429", "http 503"}

// restsFor are how long a person is to be left alone after codes by which a provider asks
// for it; sooner it refuses again.
var restsFor = map[string]time.Duration{"131049": 24 * time.Hour}

// RetryAt is from when on a message that failed with a code may end otherwise when a person
// sends it once more; zero for never. It never happens by itself.
func RetryAt(code string, failed time.Time) time.Time {
	if !slices.Contains(mayEndOtherwise, code) {
		return time.Time{}
	}
	return failed.Add(restsFor[code])
}

// tooFast are the codes by which a provider asks a whole channel to go slower. Meta's
// 131056 is for one person alone.
var tooFast = []string{"130429", "4", "80007", "14107", "20429", "63018", "1000", "1241", "http 429"}

// TooFast reports whether a provider asks by a code to send more slowly over the whole
// channel.
func TooFast(code string) bool { return slices.Contains(tooFast, code) }
