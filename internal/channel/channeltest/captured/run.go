// Package captured runs tables of calls as providers make them, one file a subject, over
// any channel.
package captured

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley/internal/channel"
	"parley/internal/crm"
)

// update writes what was found into the tables: PARLEY_UPDATE=1 go test ./...
var update = os.Getenv("PARLEY_UPDATE") != ""

// table is one file of captured calls.
type table struct {
	Settings map[string]string `json:"settings"`
	URL      string            `json:"url"`
	Now      time.Time         `json:"now"`
	Calls    []row             `json:"calls"`
}

// row is one call and what must come of it.
type row struct {
	Name   string            `json:"name"`
	Method string            `json:"method,omitempty"` // POST when left out
	URL    string            `json:"url,omitempty"`    // the table's when left out
	Header map[string]string `json:"header,omitempty"` // as captured, instead of a signature of ours
	Sign   signing           `json:"sign,omitzero"`
	// The body: JSON taken byte by byte from this file, a text, or a form.
	JSON json.RawMessage     `json:"json,omitempty"`
	Text string              `json:"text,omitempty"`
	Form map[string][]string `json:"form,omitempty"`
	// Settings stand in for the table's.
	Settings map[string]string `json:"settings,omitempty"`

	Refused bool             `json:"refused,omitempty"` // the signature must not pass
	Invalid string           `json:"invalid,omitempty"` // the code of the error of the whole call
	Want    []map[string]any `json:"want,omitempty"`
}

// signing says how the call is signed where that is not the right way.
type signing struct {
	Secret string        `json:"secret,omitempty"` // another one than the settings'
	URL    string        `json:"url,omitempty"`    // another one than the call's
	Age    time.Duration `json:"age,omitempty"`    // seconds between signing and the call
	// After changes the call once it is signed: flip (one byte of the body),
	// reserialise (the same JSON, written otherwise), unsign (no header), truncate (the
	// headers without their last character).
	After string `json:"after,omitempty"`
}

// Signer makes the signed call of a provider with a channel's settings.
type Signer func(settings map[string]string, secret, address string, body []byte, at time.Time) channel.Call

// Run runs every call of the tables in a folder, by Verify and then Parse, and compares
// the items.
func Run(t *testing.T, kind channel.Kind, sign Signer, folder string) {
	for _, file := range files(t, folder) {
		rows := load(t, file)
		for i := range rows.Calls {
			t.Run(filepath.Base(file)+"/"+rows.Calls[i].Name, func(t *testing.T) {
				rows.run(t, kind, sign, &rows.Calls[i])
			})
		}
		if update {
			write(t, file, rows)
		}
	}
}

// files are the tables in a folder.
func files(t testing.TB, folder string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil || len(found) == 0 {
		t.Fatalf("no tables in %s: %v", folder, err)
	}
	return found
}

func load(t testing.TB, file string) table {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var rows table
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&rows); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return rows
}

func (rows table) run(t *testing.T, kind channel.Kind, sign Signer, row *row) {
	settings := rows.Settings
	if row.Settings != nil {
		settings = row.Settings
	}
	open, err := kind.Open(channel.Config{Settings: settings})
	if err != nil {
		t.Fatal(err)
	}
	call := row.call(rows, settings, sign)
	if err := open.Verify(call); errors.Is(err, channel.ErrSignature) != row.Refused {
		t.Fatalf("Verify: %v, want refused %v", err, row.Refused)
	}
	if row.Refused {
		return
	}
	items, err := open.Parse(call)
	if row.Invalid != "" {
		var invalid *crm.Error
		if !errors.As(err, &invalid) || invalid.Kind != crm.Invalid || invalid.Code != row.Invalid {
			t.Fatalf("Parse: %v, want the code %s", err, row.Invalid)
		}
		return
	}
	if err != nil {
		t.Fatalf("Parse: %v", err)
	}
	Sound(t, items)
	got := Described(items)
	if update {
		row.Want = got
	}
	if diff := cmp.Diff(row.Want, got); diff != "" {
		t.Errorf("items (-want +got):\n%s", diff)
	}
	again, err := open.Parse(call)
	if err != nil || !cmp.Equal(items, again) {
		t.Errorf("the same call twice gives other items: %v", err)
	}
}

// call is the row as a request.
func (row row) call(rows table, settings map[string]string, sign Signer) channel.Call {
	address := rows.URL
	if row.URL != "" {
		address = row.URL
	}
	signed := address
	if row.Sign.URL != "" {
		signed = row.Sign.URL
	}
	call := sign(settings, row.Sign.Secret, signed, slices.Clone(row.body()), rows.Now.Add(-row.Sign.Age*time.Second))
	call.URL, call.Now = address, rows.Now
	if row.Method != "" {
		call.Method = row.Method
	}
	if parsed, err := url.Parse(address); err == nil {
		call.Query = parsed.Query()
	}
	if row.Header != nil {
		call.Header = http.Header{}
		for name, value := range row.Header {
			call.Header.Set(name, value)
		}
	}
	row.Sign.spoil(&call)
	return call
}

// body is the body as it comes in.
func (row row) body() []byte {
	switch {
	case row.JSON != nil:
		return row.JSON
	case row.Form != nil:
		return []byte(url.Values(row.Form).Encode())
	}
	return []byte(row.Text)
}

// spoil changes a signed call.
func (s signing) spoil(call *channel.Call) {
	switch s.After {
	case "flip":
		call.Body[len(call.Body)/2] ^= 1
	case "reserialise":
		var value any
		if json.Unmarshal(call.Body, &value) == nil {
			call.Body, _ = json.Marshal(value)
		}
	case "unsign":
		call.Header = http.Header{}
	case "truncate":
		for name, values := range call.Header {
			call.Header[name] = []string{values[0][:len(values[0])-1]}
		}
	}
}

// write puts a table back with what was found.
func write(t *testing.T, file string, rows table) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(rows); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// FuzzParse has a channel parse anything, beginning with the bodies of the tables in a
// folder: the items are sound, and what is no call of the provider's is said so.
func FuzzParse(f *testing.F, open channel.Channel, folder string) {
	for _, file := range files(f, folder) {
		for _, call := range load(f, file).Calls {
			f.Add(call.body(), "POST", "")
		}
	}
	f.Fuzz(func(t *testing.T, body []byte, method, query string) {
		values, _ := url.ParseQuery(query) // as far as it can be read
		items, err := open.Parse(channel.Call{Method: method, Body: body, Query: values})
		if err != nil && crm.KindOf(err) != crm.Invalid {
			t.Errorf("an error that is no answer: %v", err)
		}
		Sound(t, items)
	})
}
