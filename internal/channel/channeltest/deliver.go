package channeltest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"

	"parley/internal/channel"
	"parley/internal/crm"
)

// Item is one thing a provider calls about: a message that came in, or with Status the
// news of one that was sent.
type Item struct {
	ID string
	At time.Time

	From crm.Sender // of a message
	Text string

	Status   crm.MessageStatusValue
	To       string
	ClientID string
	Code     int // the provider's reason of a failure

	// Raw stands in for the whole item where a test wants to write it by hand: an
	// element of Meta's messages[].
	Raw json.RawMessage
}

// Repeat is each item n times in a row, as a provider repeats what it is not sure of.
func Repeat(items []Item, n int) []Item {
	var all []Item
	for _, item := range items {
		all = append(all, slices.Repeat([]Item{item}, n)...)
	}
	return all
}

// Shuffle is the items in another order, the same for the same seed.
func Shuffle(items []Item, seed uint64) []Item {
	all := slices.Clone(items)
	random := rand.New(rand.NewPCG(seed, seed))
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

// Rejected is the answer to a webhook that was not 200.
type Rejected struct {
	Status int
	Body   string
}

func (r *Rejected) Error() string {
	return fmt.Sprintf("the webhook answered %d: %s", r.Status, r.Body)
}

// Post makes a signed call as a provider would. The error is a *Rejected when there was
// an answer.
func Post(ctx context.Context, client *http.Client, call channel.Call) error {
	if client == nil {
		client = http.DefaultClient
	}
	request, err := http.NewRequestWithContext(ctx, call.Method, call.URL, bytes.NewReader(call.Body))
	if err != nil {
		return err
	}
	request.Header = call.Header.Clone()
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return &Rejected{response.StatusCode, string(body)}
	}
	return nil
}

// writeJSON answers with a status and JSON.
func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value)
}
