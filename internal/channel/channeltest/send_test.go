package channeltest_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"parley/internal/channel"
	"parley/internal/channel/channeltest"
	"parley/internal/channel/twilio"
	"parley/internal/channel/vonage"
	"parley/internal/channel/whatsapp"
	"parley/internal/crm"
)

// emulator is what the emulators have in common.
type emulator interface {
	http.Handler
	Settings() map[string]string
	Next(...channeltest.Fault)
	Accepted() []channeltest.Accepted
	Count(clientID string) int
	Requests() int
	Deliver(ctx context.Context, hookURL string, items ...channeltest.Item) error
}

// provider is a provider with its emulator.
type provider struct {
	name     string
	kind     channel.Kind
	emulator func() emulator
	secret   string // the setting that authorizes a send
	limit    int    // the longest text
}

var providers = []provider{
	{"whatsapp", whatsapp.Kind, func() emulator { return channeltest.NewMeta() }, "access_token", 4096},
	{"twilio", twilio.Kind, func() emulator { return channeltest.NewTwilio() }, "auth_token", 1600},
	{"vonage", vonage.Kind, func() emulator { return channeltest.NewVonage() }, "api_secret", 1000},
}

// each runs a test for every provider.
func each(t *testing.T, test func(*testing.T, provider)) {
	for _, p := range providers {
		t.Run(p.name, func(t *testing.T) { test(t, p) })
	}
}

// open is a channel that speaks with a handler.
func (p provider) open(t *testing.T, handler http.Handler, settings map[string]string) channel.Channel {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return p.at(t, server.URL, settings)
}

func (p provider) at(t *testing.T, base string, settings map[string]string) channel.Channel {
	t.Helper()
	opened, err := p.kind.Open(channel.Config{
		Settings: settings, BaseURL: base, HTTP: &http.Client{Transport: &http.Transport{}},
		WebhookURL: "https://parley.example/hooks/1",
	})
	if err != nil {
		t.Fatal(err)
	}
	return opened
}

var at = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func message() crm.Outbound {
	return crm.Outbound{ID: crm.NewID(at), Address: "+447700900123", Text: "Hello é 👋"}
}

func TestSend(t *testing.T) {
	each(t, func(t *testing.T, p provider) {
		e := p.emulator()
		c := p.open(t, e, e.Settings())
		m := message()
		id, err := c.Send(t.Context(), m)
		if err != nil {
			t.Fatal(err)
		}
		taken := e.Accepted()
		if len(taken) != 1 || taken[0].ExternalID != id || taken[0].To != m.Address || taken[0].Text != m.Text {
			t.Errorf("sent %+v as %s, taken %+v", m, id, taken)
		}
		if e.Count(m.ID.String()) != 1 {
			t.Errorf("our id %s was taken %d times", m.ID, e.Count(m.ID.String()))
		}
	})
}

func TestSendOutcomes(t *testing.T) {
	type row struct {
		name   string
		fault  channeltest.Fault
		want   channel.Outcome
		code   string
		wait   time.Duration
		taken  int
		reason string // a part of it
	}
	rows := map[string][]row{
		"": { // whatever the provider
			{"cut before it is taken", channeltest.Fault{Cut: channeltest.BeforeCommit}, channel.Unknown, "no answer", 0, 0, "may or may not"},
			{"cut after it is taken", channeltest.Fault{Cut: channeltest.AfterCommit}, channel.Unknown, "no answer", 0, 1, "may or may not"},
			{"server error", channeltest.Fault{Status: 500}, channel.Unknown, "http 500", 0, 0, "may or may not"},
			{"gateway error", channeltest.Fault{Status: 502}, channel.Unknown, "http 502", 0, 0, ""},
			{"unavailable", channeltest.Fault{Status: 503, RetryAfter: "30"}, channel.Unknown, "http 503", 30 * time.Second, 0, ""},
			{"redirect", channeltest.Fault{Status: 302}, channel.Unknown, "http 302", 0, 0, ""},
			{"too fast, with a time", channeltest.Fault{Status: 429, RetryAfter: "7"}, channel.NotSent, "http 429", 7 * time.Second, 0, "slowly"},
			{"too fast, with words for a time", channeltest.Fault{Status: 429, RetryAfter: "soon"}, channel.NotSent, "http 429", time.Second, 0, ""},
			{"wrong keys", channeltest.Fault{Status: 401}, channel.Dead, "http 401", 0, 0, "admin"},
			{"no permission", channeltest.Fault{Status: 403}, channel.Dead, "http 403", 0, 0, "admin"},
			{"no money", channeltest.Fault{Status: 402}, channel.Dead, "http 402", 0, 0, "payment"},
			{"bad request", channeltest.Fault{Status: 400}, channel.Refused, "http 400", 0, 0, ""},
		},
		"whatsapp": {
			{"window closed", channeltest.Fault{Code: 131047}, channel.Refused, "131047", 0, 0, "Send a template instead."},
			{"not on whatsapp", channeltest.Fault{Code: 131026}, channel.Refused, "131026", 0, 0, "SMS"},
			{"marketing stopped", channeltest.Fault{Code: 131050}, channel.OptedOut, "131050", 0, 0, "stopped"},
			{"token ended", channeltest.Fault{Status: 401, Code: 190}, channel.Dead, "190", 0, 0, "access token"},
			{"permission", channeltest.Fault{Code: 10}, channel.Dead, "10", 0, 0, "permission"},
			{"first of the permissions", channeltest.Fault{Code: 200}, channel.Dead, "200", 0, 0, "permission"},
			{"last of the permissions", channeltest.Fault{Code: 299}, channel.Dead, "299", 0, 0, "permission"},
			{"beyond the permissions", channeltest.Fault{Code: 300}, channel.Refused, "300", 0, 0, "Ordered by the test"},
			{"access denied", channeltest.Fault{Code: 131005}, channel.Dead, "131005", 0, 0, ""},
			{"policy", channeltest.Fault{Code: 368}, channel.Dead, "368", 0, 0, ""},
			{"locked", channeltest.Fault{Code: 131031}, channel.Dead, "131031", 0, 0, ""},
			{"number too fast", channeltest.Fault{Status: 429, Code: 130429, RetryAfter: "3"}, channel.NotSent, "130429", 3 * time.Second, 0, ""},
			{"pair too fast", channeltest.Fault{Code: 131056}, channel.NotSent, "131056", 6 * time.Second, 0, ""},
			{"fault that is said not to have sent", channeltest.Fault{Status: 500, Code: 131000}, channel.NotSent, "131000", 10 * time.Second, 0, ""},
			{"fault that is not known", channeltest.Fault{Status: 500, Code: 139999}, channel.Unknown, "139999", 0, 0, ""},
			{"refusal that is not known", channeltest.Fault{Code: 139999}, channel.Refused, "139999", 0, 0, "WhatsApp says: Ordered by the test"},
		},
		"twilio": {
			{"stopped", channeltest.Fault{Code: 21610}, channel.OptedOut, "21610", 0, 0, "STOP"},
			{"not a number", channeltest.Fault{Code: 21211}, channel.Refused, "21211", 0, 0, ""},
			{"wrong keys", channeltest.Fault{Status: 401, Code: 20003}, channel.Dead, "20003", 0, 0, "auth token"},
			{"too fast", channeltest.Fault{Status: 429, Code: 20429}, channel.NotSent, "20429", time.Second, 0, ""},
			{"wrong from", channeltest.Fault{Code: 21606}, channel.Dead, "21606", 0, 0, "From"},
			{"not known", channeltest.Fault{Code: 29999}, channel.Refused, "29999", 0, 0, "Twilio says: Ordered by the test"},
			{"server error with a code", channeltest.Fault{Status: 500, Code: 20429}, channel.Unknown, "20429", 0, 0, ""},
		},
		"vonage": {
			{"stopped", channeltest.Fault{Code: 1240}, channel.OptedOut, "1240", 0, 0, "STOP"},
			{"too fast", channeltest.Fault{Status: 429, Code: 1000}, channel.NotSent, "1000", time.Second, 0, ""},
			{"no credit", channeltest.Fault{Status: 402, Code: 1070}, channel.Dead, "1070", 0, 0, "credit"},
			{"from not allowed", channeltest.Fault{Code: 1120}, channel.Refused, "1120", 0, 0, "From"},
			{"not known", channeltest.Fault{Code: 9999}, channel.Refused, "9999", 0, 0, "Vonage says: Ordered by the test."},
			{"server error with a code", channeltest.Fault{Status: 500, Code: 1000}, channel.Unknown, "1000", 0, 0, ""},
		},
	}
	each(t, func(t *testing.T, p provider) {
		for _, row := range append(rows[""], rows[p.name]...) {
			t.Run(row.name, func(t *testing.T) {
				e := p.emulator()
				c := p.open(t, e, e.Settings())
				e.Next(row.fault)
				m := message()
				_, err := c.Send(t.Context(), m)
				failed := sendError(t, err, e.Settings()[p.secret])
				if failed.Outcome != row.want || failed.Code != row.code || failed.RetryAfter != row.wait {
					t.Errorf("got %s, %s, wait %v; want %s, %s, wait %v", failed.Outcome, failed.Code, failed.RetryAfter, row.want, row.code, row.wait)
				}
				if !strings.Contains(failed.Reason, row.reason) || failed.Reason == "" {
					t.Errorf("reason %q does not say %q", failed.Reason, row.reason)
				}
				if got := e.Count(m.ID.String()); got != row.taken {
					t.Errorf("taken %d times, want %d", got, row.taken)
				}
				if e.Requests() != 1 {
					t.Errorf("%d requests for one send", e.Requests())
				}
			})
		}
	})
}

// sendError is err as what Send promises, which must not hold a secret.
func sendError(t *testing.T, err error, secret string) *channel.SendError {
	t.Helper()
	var failed *channel.SendError
	if !errors.As(err, &failed) {
		t.Fatalf("not a SendError: %v", err)
	}
	if strings.Contains(fmt.Sprintf("%v %v %+v", err, failed.Err, failed), secret) {
		t.Errorf("the error holds the secret: %+v", failed)
	}
	return failed
}

func TestSendWithoutConnection(t *testing.T) {
	each(t, func(t *testing.T, p provider) {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		base := "http://" + listener.Addr().String()
		_ = listener.Close() // nobody listens there now
		e := p.emulator()
		_, err = p.at(t, base, e.Settings()).Send(t.Context(), message())
		if failed := sendError(t, err, e.Settings()[p.secret]); failed.Outcome != channel.NotSent {
			t.Errorf("got %s, want not_sent", failed.Outcome)
		}
		_, err = p.at(t, "http://bad host", e.Settings()).Send(t.Context(), message())
		if failed := sendError(t, err, e.Settings()[p.secret]); failed.Outcome != channel.NotSent {
			t.Errorf("an address that is none: got %s, want not_sent", failed.Outcome)
		}
	})
}

func TestSendGivenUpWhileWaiting(t *testing.T) {
	each(t, func(t *testing.T, p provider) {
		e := p.emulator()
		hold := make(chan struct{})
		t.Cleanup(func() { close(hold) })
		e.Next(channeltest.Fault{Hold: hold})
		ctx, giveUp := context.WithCancel(t.Context())
		c := p.open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			giveUp() // the request has arrived
			e.ServeHTTP(w, r)
		}), e.Settings())
		_, err := c.Send(ctx, message())
		if failed := sendError(t, err, e.Settings()[p.secret]); failed.Outcome != channel.Unknown {
			t.Errorf("got %s, want unknown", failed.Outcome)
		}
	})
}

func TestSendAnswerWithoutID(t *testing.T) {
	each(t, func(t *testing.T, p provider) {
		for _, body := range []string{"", "{}", "[]", "OK", `{"messages":[]}`, `{"messages":[null]}`} {
			c := p.open(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				_, _ = w.Write([]byte(body))
			}), p.emulator().Settings())
			id, err := c.Send(t.Context(), message())
			if failed := sendError(t, err, "no secret"); failed.Outcome != channel.Unknown || id != "" {
				t.Errorf("%q: got %q, %s, want unknown", body, id, failed.Outcome)
			}
		}
	})
}

// TestSendAnswerCutOff has an answer that breaks off in the middle.
func TestSendAnswerCutOff(t *testing.T) {
	each(t, func(t *testing.T, p provider) {
		c := p.open(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = w.Write([]byte(`{"sid":"1"}`))
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}), p.emulator().Settings())
		_, err := c.Send(t.Context(), message())
		if failed := sendError(t, err, "no secret"); failed.Outcome != channel.Unknown || failed.Code != "no answer" {
			t.Errorf("got %s, %s, want unknown, no answer", failed.Outcome, failed.Code)
		}
	})
}

// TestCheckElsewhere has something answer that is not the provider.
func TestCheckElsewhere(t *testing.T) {
	each(t, func(t *testing.T, p provider) {
		c := p.open(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte("<html>Welcome</html>"))
		}), p.emulator().Settings())
		_, err := c.Check(t.Context())
		if failed := sendError(t, err, "no secret"); failed.Code != "not the provider" {
			t.Errorf("%+v", failed)
		}
	})
}

// TestSendIsNotRedirected keeps a message and its keys from going anywhere else.
func TestSendIsNotRedirected(t *testing.T) {
	each(t, func(t *testing.T, p provider) {
		requests := 0
		c := p.open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			requests++
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		}), p.emulator().Settings())
		_, err := c.Send(t.Context(), message())
		if failed := sendError(t, err, "no secret"); failed.Outcome != channel.Unknown || requests != 1 {
			t.Errorf("got %s after %d requests, want unknown after 1", failed.Outcome, requests)
		}
	})
}

func TestSendLengths(t *testing.T) {
	each(t, func(t *testing.T, p provider) {
		e := p.emulator()
		c := p.open(t, e, e.Settings())
		for _, row := range []struct {
			length int
			want   int // requests
		}{{0, 0}, {p.limit, 1}, {p.limit + 1, 1}} {
			m := message()
			m.Text = strings.Repeat("é", row.length)
			_, err := c.Send(t.Context(), m)
			if e.Requests() != row.want {
				t.Errorf("%d characters: %d requests so far, want %d", row.length, e.Requests(), row.want)
			}
			if row.length != p.limit {
				if failed := sendError(t, err, "no secret"); failed.Outcome != channel.Refused {
					t.Errorf("%d characters: got %s", row.length, failed.Outcome)
				}
			} else if err != nil {
				t.Errorf("%d characters: %v", row.length, err)
			}
		}
	})
}

func TestCheck(t *testing.T) {
	each(t, func(t *testing.T, p provider) {
		e := p.emulator()
		note, err := p.open(t, e, e.Settings()).Check(t.Context())
		if err != nil || !strings.HasPrefix(note, "Connected to ") {
			t.Errorf("Check: %q, %v", note, err)
		}
		settings := e.Settings()
		settings[p.secret] = "wrong-secret"
		_, err = p.open(t, e, settings).Check(t.Context())
		if failed := sendError(t, err, "wrong-secret"); failed.Outcome != channel.Dead {
			t.Errorf("with a wrong secret: %+v", failed)
		}
		_, err = p.open(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusInternalServerError)
		}), settings).Check(t.Context())
		sendError(t, err, "wrong-secret")
	})
}

func clock() time.Time { return at }
