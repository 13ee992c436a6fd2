package web

import (
	"net/http"
	"net/url"
	"testing"
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
}
