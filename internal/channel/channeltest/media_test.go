package channeltest_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"parley/internal/channel"
	"parley/internal/channel/channeltest"
	"parley/internal/channel/twilio"
	"parley/internal/channel/whatsapp"
)

var photo = channeltest.File{ContentType: "image/jpeg", Data: []byte("not really a photo")}

// transport answers requests by a function and keeps them.
type transport struct {
	answer func(*http.Request) *http.Response
	got    []*http.Request
}

func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	t.got = append(t.got, r)
	response := t.answer(r)
	response.Request = r
	return response, nil
}

func answer(status int, header http.Header, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body))}
}

func read(t *testing.T, file io.ReadCloser) string {
	t.Helper()
	data, err := io.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	_ = file.Close()
	return string(data)
}

func TestFetchWhatsApp(t *testing.T) {
	e := channeltest.NewMeta()
	e.AddFile("1003383421387256", photo)
	server := httptest.NewServer(e)
	defer server.Close()
	c := whatsapp.Open(channel.Config{Settings: e.Settings(), BaseURL: server.URL})
	file, contentType, err := c.Fetch(t.Context(), "1003383421387256")
	if err != nil {
		t.Fatal(err)
	}
	if got := read(t, file); got != string(photo.Data) || contentType != photo.ContentType {
		t.Errorf("got %q, %s", got, contentType)
	}
	_, _, err = c.Fetch(t.Context(), "../"+e.PhoneNumberID)
	if failed := sendError(t, err, e.AccessToken); failed.Outcome != channel.Refused {
		t.Errorf("an id that is a path: %+v", failed)
	}
}

func TestFetchTwilio(t *testing.T) {
	e := channeltest.NewTwilio()
	e.AddFile("ME1", photo)
	server := httptest.NewServer(e)
	defer server.Close()
	c := twilio.Open(channel.Config{Settings: e.Settings(), BaseURL: server.URL})
	file, contentType, err := c.Fetch(t.Context(), e.MediaURL(server.URL, "ME1"))
	if err != nil {
		t.Fatal(err)
	}
	if got := read(t, file); got != string(photo.Data) || contentType != photo.ContentType {
		t.Errorf("got %q, %s", got, contentType)
	}
	_, _, err = c.Fetch(t.Context(), e.MediaURL(server.URL, "ME2"))
	if failed := sendError(t, err, e.AuthToken); failed.Outcome != channel.Refused {
		t.Errorf("a file that is gone: %+v", failed)
	}
}

// TestFetchKeepsSecrets has files at addresses that may, and may not, see the keys.
func TestFetchKeepsSecrets(t *testing.T) {
	for _, row := range []struct {
		address string
		trusted bool
	}{
		{"https://api.twilio.com/m/1", true},
		{"https://media.twilio.com/m/1", true},
		{"https://API.TWILIO.COM:443/m/1", true},
		{"http://api.twilio.com/m/1", false},
		{"https://api.twilio.com:8443/m/1", false},
		{"https://twilio.com.evil.example/m/1", false},
		{"https://eviltwilio.com/m/1", false},
		{"https://api.twilio.com@evil.example/m/1", false},
		{"file:///etc/passwd", false},
		{"//api.twilio.com/m/1", false},
		{"", false},
	} {
		network := &transport{answer: func(*http.Request) *http.Response { return answer(http.StatusOK, http.Header{}, "file") }}
		c := twilio.Open(channel.Config{
			Settings: channeltest.NewTwilio().Settings(), HTTP: &http.Client{Transport: network},
		})
		_, _, err := c.Fetch(t.Context(), row.address)
		if (err == nil) != row.trusted || len(network.got) > 0 != row.trusted {
			t.Errorf("%q: %d requests, %v; want trusted %v", row.address, len(network.got), err, row.trusted)
		}
		if row.trusted && network.got[0].Header.Get("Authorization") == "" {
			t.Errorf("%q: fetched without the keys", row.address)
		}
	}
}

// TestFetchRedirects follows a redirect away from the provider without the keys.
func TestFetchRedirects(t *testing.T) {
	for _, row := range []struct {
		to       string
		followed bool
	}{
		{"https://cdn.example/file", true},
		{"https://cdn.gateway.example/file", true}, // a subdomain keeps the keys unless we take them
		{"https://gateway.example:8443/file", true},
		{"http://cdn.example/file", false},
		{"http://gateway.example/file", false},
		{"http://127.0.0.1/file", false},
	} {
		network := &transport{answer: func(r *http.Request) *http.Response {
			if r.URL.Path == "/m/1" {
				return answer(http.StatusTemporaryRedirect, http.Header{"Location": {row.to}}, "")
			}
			return answer(http.StatusOK, http.Header{}, "file")
		}}
		c := twilio.Open(channel.Config{
			Settings: channeltest.NewTwilio().Settings(), HTTP: &http.Client{Transport: network}, BaseURL: "https://gateway.example",
		})
		_, _, err := c.Fetch(t.Context(), "https://gateway.example/m/1")
		if (err == nil) != row.followed || len(network.got) == 2 != row.followed {
			t.Fatalf("%s: %d requests, %v", row.to, len(network.got), err)
		}
		if row.followed && network.got[1].Header.Get("Authorization") != "" {
			t.Errorf("%s got the keys", row.to)
		}
	}
}

// TestFetchWhatsAppElsewhere has Meta name an address that is not Meta's.
func TestFetchWhatsAppElsewhere(t *testing.T) {
	for address, trusted := range map[string]bool{
		"https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1": true,
		"https://graph.facebook.com/x":                                     true,
		"https://evil.example/x":                                           false,
		"http://lookaside.fbsbx.com/x":                                     false,
	} {
		network := &transport{answer: func(r *http.Request) *http.Response {
			if r.URL.Path == "/v23.0/1" {
				return answer(http.StatusOK, http.Header{}, `{"url":"`+address+`","mime_type":"image/jpeg"}`)
			}
			return answer(http.StatusOK, http.Header{}, "file")
		}}
		c := whatsapp.Open(channel.Config{
			Settings: channeltest.NewMeta().Settings(), HTTP: &http.Client{Transport: network},
		})
		_, _, err := c.Fetch(t.Context(), "1")
		if (err == nil) != trusted || len(network.got) == 2 != trusted {
			t.Errorf("%s: %d requests, %v; want trusted %v", address, len(network.got), err, trusted)
		}
		if got := network.got[0].URL.String(); got != "https://graph.facebook.com/v23.0/1" {
			t.Errorf("asked %s", got)
		}
	}
}
