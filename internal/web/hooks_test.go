package web

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// An address is added, its secret is shown once, tested, changed and deleted.
func TestWebhookPages(t *testing.T) {
	s := newSite(t)
	m := s.signIn(t, s.M)
	wants(t, m.get(t, "/settings/webhooks", http.StatusOK), "No addresses yet")
	wants(t, m.post(t, "/settings/webhooks", url.Values{"url": {"http://hooks.example"}}, http.StatusUnprocessableEntity), "must begin with https://")
	made := m.post(t, "/settings/webhooks", url.Values{"url": {"https://hooks.example/in"}, "event": {"message"}}, http.StatusCreated)
	wants(t, made, "whsec_", `value="message" checked`)
	path := regexp.MustCompile(`/settings/webhooks/\w{26}`).FindString(made)
	if page := m.get(t, path, http.StatusOK); strings.Contains(page, "whsec_") {
		t.Error("the secret is shown twice")
	}
	wants(t, m.post(t, path+"/test", nil, http.StatusOK), "The test did not go through. It answered 500.")
	wants(t, m.post(t, path+"/rotate", nil, http.StatusOK), "whsec_")
	wants(t, m.post(t, path, url.Values{"url": {"https://hooks.example/other"}}, http.StatusOK), "https://hooks.example/other", `name="active" value="yes">`)
	m.post(t, path+"/replay", nil, http.StatusOK)
	wants(t, m.post(t, path+"/delete", nil, http.StatusOK), "No addresses yet")
	m.get(t, path, http.StatusNotFound)

	// Single events, as the API takes them, are shown and outlive a save.
	made = m.post(t, "/settings/webhooks", url.Values{"url": {"https://hooks.example/in"}, "event": {"contact.created", "message.received"}}, http.StatusCreated)
	path = regexp.MustCompile(`/settings/webhooks/\w{26}`).FindString(made)
	for range 2 {
		if page := m.get(t, path, http.StatusOK); !strings.Contains(page, "as chosen over the API: contact.created, message.received.") || strings.Contains(page, "None chosen") {
			t.Error("it is said to hear of everything")
		}
		m.post(t, path, url.Values{"url": {"https://hooks.example/in"}, "active": {"yes"}}, http.StatusOK)
	}
}
