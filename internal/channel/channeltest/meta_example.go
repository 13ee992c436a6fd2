package channeltest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// metaAppID is the app that the access token is of.
const metaAppID = "634974688087057"

// metaUpload is a file on its way to be the example of a template's header.
type metaUpload struct {
	name, kind string
	length     int
	done       bool
}

// metaExampleTypes are the content types of examples, by the format of the header.
var metaExampleTypes = map[string][]string{"IMAGE": {"image/jpeg", "image/png"}, "VIDEO": {"video/mp4"}, "DOCUMENT": {"application/pdf"}}

// Examples are the files that were handed over whole, in their order.
func (m *Meta) Examples() []File {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.examples)
}

// AddExample lays a file where Meta would lay the example of a template, and returns the
// example of a component that names it.
func (m *Meta) AddExample(server string, f File) json.RawMessage {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.examples = append(m.examples, f)
	return exampleAt(server, len(m.examples))
}

// exampleAt is the example of a header as Meta lists it: the address of its file.
func exampleAt(server string, n int) json.RawMessage {
	raw, _ := json.Marshal(map[string]any{"header_handle": []string{fmt.Sprintf("%s/examples/%d?oh=signed", server, n)}}) // strings always encode
	return raw
}

// OrderUploadFaults has the next calls for examples meet faults, and none after them.
func (m *Meta) OrderUploadFaults(faults ...Fault) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.uploadFaults = faults
}

// UploadFaultsLeft is how many of them no call has met yet.
func (m *Meta) UploadFaultsLeft() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.uploadFaults)
}

// meetUploadFault reports whether a call ended by the next fault that was ordered.
func (m *Meta) meetUploadFault(w http.ResponseWriter, r *http.Request) bool {
	m.mu.Lock()
	fault := Fault{}
	if len(m.uploadFaults) > 0 {
		fault, m.uploadFaults = m.uploadFaults[0], m.uploadFaults[1:]
	}
	m.mu.Unlock()
	fault.wait(r.Context())
	if fault.Cut != "" {
		_, _ = io.Copy(io.Discard, r.Body)
		hangUp()
	}
	if fault.refuses() {
		metaError(w, cmp.Or(fault.Status, http.StatusBadRequest), fault.Code, "Ordered by the test")
	}
	return fault.refuses()
}

// serveApp answers for GET /app.
func (m *Meta) serveApp(w http.ResponseWriter, r *http.Request) {
	if !m.meetUploadFault(w, r) {
		writeJSON(w, http.StatusOK, map[string]any{"id": metaAppID, "name": "Parley Test"})
	}
}

// startUpload answers for POST /{app}/uploads.
func (m *Meta) startUpload(w http.ResponseWriter, r *http.Request) {
	if m.meetUploadFault(w, r) {
		return
	}
	query := r.URL.Query()
	length, err := strconv.Atoi(query.Get("file_length"))
	kind := query.Get("file_type")
	known := slices.ContainsFunc([]string{"IMAGE", "VIDEO", "DOCUMENT"}, func(format string) bool { return slices.Contains(metaExampleTypes[format], kind) })
	if err != nil || length < 1 || query.Get("file_name") == "" || !known {
		metaError(w, http.StatusBadRequest, 100, "file_name, file_length or file_type is wrong")
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sessions = append(m.sessions, &metaUpload{name: query.Get("file_name"), kind: kind, length: length})
	writeJSON(w, http.StatusOK, map[string]any{"id": fmt.Sprintf("upload:MTphdHRhY2htZW50OmVt%d==?sig=ARZ%d", len(m.sessions), len(m.sessions))})
}

// takeUpload answers for POST /{session}: the bytes from an offset on, with the token as
// OAuth and not as Bearer.
func (m *Meta) takeUpload(w http.ResponseWriter, r *http.Request) {
	if m.meetUploadFault(w, r) {
		return
	}
	var n int
	_, err := fmt.Sscanf(r.URL.Path, "/v23.0/upload:MTphdHRhY2htZW50OmVt%d==", &n)
	data, errData := io.ReadAll(r.Body)
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case r.Method != http.MethodPost || r.Header.Get("Authorization") != "OAuth "+m.AccessToken:
		metaError(w, http.StatusUnauthorized, 190, "Invalid OAuth access token")
		return
	case err != nil || n < 1 || n > len(m.sessions) || r.URL.RawQuery != fmt.Sprintf("sig=ARZ%d", n) || m.sessions[n-1].done:
		metaError(w, http.StatusBadRequest, 100, "There is no such upload")
		return
	case errData != nil || r.Header.Get("file_offset") != "0" || len(data) != m.sessions[n-1].length:
		metaError(w, http.StatusBadRequest, 100, "file_offset or the length is wrong")
		return
	}
	session := m.sessions[n-1]
	session.done = true
	m.examples = append(m.examples, File{ContentType: session.kind, Data: data})
	writeJSON(w, http.StatusOK, map[string]any{"h": metaHandle(len(m.examples))})
}

// metaHandle is the handle of the nth example.
func metaHandle(n int) string {
	return fmt.Sprintf("4::ZXhhbXBsZQ==:ARZ%d:e:1795000000:%s", n, metaAppID)
}

// wrongExample says what is wrong with the header of a template that is submitted, or lays
// its example where the list will name it.
func (m *Meta) wrongExample(t *MetaTemplate, server string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, c := range t.Components {
		types := metaExampleTypes[c.Format]
		if c.Type != "HEADER" || c.Format == "TEXT" {
			continue
		}
		var example struct {
			Handles []string `json:"header_handle"`
		}
		decoder := json.NewDecoder(strings.NewReader(string(c.Example)))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&example); err != nil || types == nil || c.Text != "" || len(example.Handles) != 1 {
			return "a header with a file has a format and an example with one header_handle"
		}
		n := 1
		for n <= len(m.examples) && metaHandle(n) != example.Handles[0] {
			n++
		}
		if n > len(m.examples) || !slices.Contains(types, m.examples[n-1].ContentType) {
			return "header_handle is none of this app, or of another kind"
		}
		t.Components[i].Example = exampleAt(server, n)
	}
	return ""
}

// serveExample hands out an example as Meta's file servers do, to whoever has the address.
func (m *Meta) serveExample(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/examples/"))
	list := m.Examples()
	if err != nil || n < 1 || n > len(list) || r.URL.Query().Encode() != (url.Values{"oh": {"signed"}}).Encode() || r.Header.Get("Authorization") != "" {
		http.Error(w, "Bad URL hash", http.StatusForbidden)
		return
	}
	w.Header().Set("Content-Type", list[n-1].ContentType)
	_, _ = w.Write(list[n-1].Data)
}
