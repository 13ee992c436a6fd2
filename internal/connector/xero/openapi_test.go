package xero_test

import (
	"bytes"
	"cmp"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// Xero's own description of its API, where it lies beside the project; it is not ours to
// carry.
var description = sync.OnceValues(func() (*openapi3.T, error) {
	folder := cmp.Or(os.Getenv("PARLEY_SPECS"), "../../../../shared/specs")
	file := filepath.Join(folder, "xero", "xero_accounting.yaml")
	if _, err := os.Stat(file); err != nil {
		return nil, nil
	}
	return openapi3.NewLoader().LoadFromFile(file)
})

// checked is a client that holds every call of the accounting API, and every answer that
// is a success, to Xero's description, so that connector and emulator cannot agree on
// something wrong. Without the description it holds them to nothing.
func checked(t *testing.T, server *httptest.Server) *http.Client {
	t.Helper()
	d, err := description()
	if err != nil {
		t.Fatal(err)
	}
	client := server.Client()
	if d != nil {
		client.Transport = &strict{t, d, client.Transport}
	}
	return client
}

// strict is a network that holds both sides of an exchange against a description.
type strict struct {
	t           *testing.T
	description *openapi3.T
	next        http.RoundTripper
}

func (s *strict) RoundTrip(r *http.Request) (*http.Response, error) {
	path, ours := strings.CutPrefix(r.URL.Path, "/api.xro/2.0")
	if !ours {
		return s.next.RoundTrip(r)
	}
	parameters := map[string]string{}
	if id, one := strings.CutPrefix(path, "/Contacts/"); one {
		path, parameters["ContactID"] = "/Contacts/{ContactID}", id
	}
	item := s.description.Paths.Value(path)
	if item == nil || item.GetOperation(r.Method) == nil {
		s.t.Errorf("%s %s is no call of Xero's", r.Method, path)
		return s.next.RoundTrip(r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	input := &openapi3filter.RequestValidationInput{
		Request: r.Clone(r.Context()), PathParams: parameters,
		Route:   &routers.Route{Spec: s.description, Path: path, PathItem: item, Method: r.Method, Operation: item.GetOperation(r.Method)},
		Options: &openapi3filter.Options{SkipSettingDefaults: true, AuthenticationFunc: openapi3filter.NoopAuthenticationFunc},
	}
	input.Request.Body = io.NopCloser(bytes.NewReader(body))
	if err := openapi3filter.ValidateRequest(r.Context(), input); err != nil {
		s.t.Errorf("%s %s: %v", r.Method, r.URL, err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	response, err := s.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	response.Body = io.NopCloser(bytes.NewReader(answer))
	if response.StatusCode/100 == 2 && bytes.HasPrefix(answer, []byte("{")) && bytes.HasSuffix(bytes.TrimSpace(answer), []byte("}")) {
		output := &openapi3filter.ResponseValidationInput{RequestValidationInput: input, Status: response.StatusCode, Header: response.Header, Options: input.Options}
		output.SetBodyBytes(answer)
		if err := openapi3filter.ValidateResponse(r.Context(), output); err != nil {
			s.t.Errorf("answer to %s %s: %v", r.Method, r.URL, err)
		}
	}
	return response, nil
}
