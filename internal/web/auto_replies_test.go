package web

import (
	"html"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strings"
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
	if _, err := s.Inbox.ChangeAutoReplies(t.Context(), s.M, func(now *crm.AutoReplies) { *now = a }); err != nil {
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

// Two admins have the page open: each saves what they changed, and where both changed the
// same text the second is shown both.
func TestAutoRepliesOfTwoAdmins(t *testing.T) {
	s := newSite(t)
	m := s.signIn(t, s.M)
	was := func(page string) string {
		return html.UnescapeString(regexp.MustCompile(`name="was" value="([^"]*)"`).FindStringSubmatch(page)[1])
	}
	shown := was(m.get(t, "/settings/auto-replies", http.StatusOK))
	m.post(t, "/settings/auto-replies", url.Values{"was": {shown}, "new_contact.on": {"yes"}, "new_contact.text": {"Welcome."}, "monday.from1": {"09:00"}, "monday.to1": {"17:00"}}, http.StatusOK)
	m.post(t, "/settings/auto-replies", url.Values{"was": {shown}, "known_contact.on": {"yes"}, "known_contact.text": {"Hello again."}}, http.StatusOK)
	stands := func() crm.AutoReplies {
		t.Helper()
		a, err := s.Inbox.AutoReplies(t.Context(), s.M)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	both := crm.AutoReplies{NewContact: crm.AutoReply{On: true, Text: "Welcome."}, KnownContact: crm.AutoReply{On: true, Text: "Hello again."}, Hours: crm.WeekHours{"monday": {{From: "09:00", To: "17:00"}}}}
	if diff := cmp.Diff(both, stands()); diff != "" {
		t.Fatalf("parts of two (-want +got): %s", diff)
	}

	// A third began before both: one text is against the first's, another is new.
	mine := url.Values{"was": {shown}, "new_contact.on": {"yes"}, "new_contact.text": {"Good day."}, "away.text": {"Closed."}, "tuesday.from1": {"08:00"}, "tuesday.to1": {"12:00"}}
	page := m.post(t, "/settings/auto-replies", mine, http.StatusPreconditionFailed)
	wants(t, page, s.M.Name+"</span> saved these while you were editing", "Theirs, switched on:", "Welcome.", "Good day.", "Hello again.", "Closed.", "Their hours:", "Monday: 09:00 to 17:00", `name="tuesday.from1" value="08:00"`)
	if diff := cmp.Diff(both, stands()); diff != "" {
		t.Errorf("saved against another's (-want +got): %s", diff)
	}
	mine.Set("was", was(page))
	mine.Set("known_contact.on", "yes")
	mine.Set("known_contact.text", "Hello again.")
	taking := maps.Clone(mine)
	taking["theirs"], taking["contested"], taking["changed_by"] = []string{"hours"}, []string{"new_contact", "hours"}, []string{s.M.Name}
	page = m.post(t, "/settings/auto-replies", taking, http.StatusOK)
	wants(t, page, `name="monday.from1" value="09:00"`, `name="tuesday.from1" value=""`, "Theirs, switched on:", "Good day.", s.M.Name+"</span> saved these")
	if strings.Contains(page, "Their hours:") {
		t.Error("the hours are asked about once more")
	}
	m.post(t, "/settings/auto-replies", mine, http.StatusOK)
	want := crm.AutoReplies{NewContact: crm.AutoReply{On: true, Text: "Good day."}, KnownContact: both.KnownContact, Away: crm.AutoReply{Text: "Closed."}, Hours: crm.WeekHours{"tuesday": {{From: "08:00", To: "12:00"}}}}
	if diff := cmp.Diff(want, stands()); diff != "" {
		t.Errorf("saved once more (-want +got): %s", diff)
	}

	// What one wants is wrong only since another took the hours away: they are shown as they are.
	shown = was(page)
	if _, err := s.Inbox.ChangeAutoReplies(t.Context(), s.M, func(now *crm.AutoReplies) { *now = crm.AutoReplies{} }); err != nil {
		t.Fatal(err)
	}
	page = m.post(t, "/settings/auto-replies", url.Values{"was": {shown}, "new_contact.on": {"yes"}, "new_contact.text": {"Welcome."}, "known_contact.on": {"yes"}, "known_contact.text": {"Hello again."},
		"away.on": {"yes"}, "away.text": {"Closed."}, "monday.from1": {"09:00"}, "monday.to1": {"17:00"}}, http.StatusUnprocessableEntity)
	wants(t, page, "Say when you work", `name="monday.from1" value=""`, `name="away.on" value="yes" checked`)
}
