package web

import (
	"net/http"
	"net/url"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parley/internal/crm"
)

func TestAutoReplyPage(t *testing.T) {
	s := newSite(t)
	m := s.signIn(t, s.M)
	form := url.Values{"away.on": {"yes"}, "away.text": {"We are closed."}}
	wants(t, m.post(t, "/settings/auto-replies", form, http.StatusUnprocessableEntity), "Say when you work", "We are closed.")
	form.Set("monday.from1", "09:00")
	wants(t, m.post(t, "/settings/auto-replies", form, http.StatusUnprocessableEntity), "Write times as 09:00")
	form.Set("monday.to1", "17:00")
	form.Set("monday.from2", "18:00")
	form.Set("monday.to2", "00:00")
	wants(t, m.post(t, "/settings/auto-replies", form, http.StatusOK), `name="monday.from1" value="09:00"`, `name="monday.to2" value="00:00"`, `name="away.on" value="yes" checked`)

	// What the page has no room for at first comes over the API, and is not lost by a save.
	a, err := s.Inbox.AutoReplies(t.Context(), s.M)
	if err != nil {
		t.Fatal(err)
	}
	a.Hours["friday"] = []crm.DayHours{{From: "06:00", To: "08:00"}, {From: "09:00", To: "12:00"}, {From: "13:00", To: "17:00"}, {From: "20:00", To: "24:00"}}
	if _, err := s.Inbox.SetAutoReplies(t.Context(), s.M, a); err != nil {
		t.Fatal(err)
	}
	page := m.get(t, "/settings/auto-replies", http.StatusOK)
	form = url.Values{"away.on": {"yes"}, "away.text": {"We are closed."}}
	for _, field := range regexp.MustCompile(`name="(\w+\.(?:from|to)\d)" value="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		form.Set(field[1], field[2])
	}
	m.post(t, "/settings/auto-replies", form, http.StatusOK)
	saved, err := s.Inbox.AutoReplies(t.Context(), s.M)
	if diff := cmp.Diff(a.Hours, saved.Hours); err != nil || diff != "" {
		t.Errorf("saved as it was shown (-before +after): %s %v", diff, err)
	}
}
