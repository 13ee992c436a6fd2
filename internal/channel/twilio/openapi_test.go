package twilio_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"parley/internal/channel"
	"parley/internal/channel/channeltest"
	"parley/internal/channel/twilio"
	"parley/internal/crm"
)

// TestOpenAPI holds what we send, and what the emulator answers, against Twilio's own
// description, so that the two cannot agree on a wrong shape. It is skipped where the
// file is not there: it is not ours to carry.
func TestOpenAPI(t *testing.T) {
	folder := os.Getenv("PARLEY_SPECS")
	if folder == "" {
		folder = "../../../../shared/specs"
	}
	file := filepath.Join(folder, "twilio", "twilio_api_v2010.json")
	if _, err := os.Stat(file); err != nil {
		t.Skip("no description of Twilio's API: ", err)
	}
	description, err := openapi3.NewLoader().LoadFromFile(file)
	if err != nil {
		t.Fatal(err)
	}
	e := channeltest.NewTwilio()
	server := httptest.NewServer(e)
	defer server.Close()
	for _, hook := range []string{"", "https://parley.example/hooks/1"} {
		network := &strict{t: t, description: description}
		c := twilio.Open(channel.Config{
			Settings: e.Settings(), BaseURL: server.URL, WebhookURL: hook, HTTP: &http.Client{Transport: network},
		})
		if _, err := c.Send(t.Context(), crm.Outbound{ID: "m-1", Address: "+447700900123", Text: "Hello é 👋"}); err != nil {
			t.Error(err)
		}
		if _, err := c.Check(t.Context()); err != nil {
			t.Error(err)
		}
		if network.checked != 2 {
			t.Errorf("%d exchanges held against the description, want 2", network.checked)
		}
	}
}

// strict is a network that holds both sides of an exchange against a description.
type strict struct {
	t           *testing.T
	description *openapi3.T
	checked     int
}

func (s *strict) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	path, parameters := "/2010-04-01/Accounts/{Sid}.json", map[string]string{"Sid": "AC00000000000000000000000000000001"}
	if r.Method == http.MethodPost {
		path, parameters = "/2010-04-01/Accounts/{AccountSid}/Messages.json", map[string]string{"AccountSid": "AC00000000000000000000000000000001"}
	}
	item := s.description.Paths.Value(path)
	input := &openapi3filter.RequestValidationInput{
		Request: r.Clone(r.Context()), PathParams: parameters,
		Route: &routers.Route{Spec: s.description, Path: path, PathItem: item, Method: r.Method, Operation: item.GetOperation(r.Method)},
		Options: &openapi3filter.Options{
			SkipSettingDefaults: true, // they would be written into the form
			AuthenticationFunc:  func(context.Context, *openapi3filter.AuthenticationInput) error { return nil },
		},
	}
	input.Request.Body = io.NopCloser(bytes.NewReader(body))
	if err := openapi3filter.ValidateRequest(r.Context(), input); err != nil {
		s.t.Errorf("%s %s: %v", r.Method, r.URL, err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	output := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: response.StatusCode, Header: response.Header, Options: input.Options,
	}
	output.SetBodyBytes(answer)
	if err := openapi3filter.ValidateResponse(r.Context(), output); err != nil {
		s.t.Errorf("answer to %s %s: %v", r.Method, r.URL, err)
	}
	s.checked++
	response.Body = io.NopCloser(bytes.NewReader(answer))
	return response, nil
}
