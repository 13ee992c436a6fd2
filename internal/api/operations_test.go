package api_test

import (
	"compress/gzip"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"parley/internal/db/dbtest"
)

func TestOperations(t *testing.T) {
	h := build(t, dbtest.NewSQLite(t))
	nobody := h.as(actor{})
	nobody.get("//healthz").want(200)
	nobody.get("//readyz").want(200)
	h.ready = func(context.Context) error { return errors.New("no route to SECRET host") }
	if got := nobody.get("//readyz").want(503); strings.Contains(got.body, "SECRET") {
		t.Errorf("not ready: %s", got.body)
	}
	nobody.get("//healthz").want(200)
	h.channel()
	h.as(h.admin).get("/contacts").want(200)

	get := func(remote string, header ...string) (int, string) {
		r := httptest.NewRequest("GET", "/metrics", nil)
		r.RemoteAddr = remote
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		w := httptest.NewRecorder()
		h.api.ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	for _, c := range []struct {
		status int
		remote string
		header []string
	}{
		{200, "127.0.0.1:999", nil}, {200, "[::1]:999", nil}, {401, "192.0.2.1:999", nil},
		{401, "127.0.0.1:999", []string{"X-Forwarded-For", "192.0.2.9"}},
		{200, "192.0.2.1:999", []string{"Authorization", "Bearer metrics-token"}},
		{401, "192.0.2.1:999", []string{"Authorization", "Bearer " + h.admin.token}},
	} {
		status, body := get(c.remote, c.header...)
		if status != c.status {
			t.Errorf("metrics for %s %v: %d", c.remote, c.header, status)
		}
		if status == 200 && !strings.Contains(body, `parley_http_requests_total{method="GET",route="GET /api/v1/contacts",status="200"} 1`) {
			t.Errorf("metrics lack the list: %s", body)
		}
	}
}

func TestUnknownAddresses(t *testing.T) {
	h := build(t, dbtest.NewSQLite(t))
	admin := h.as(h.admin)
	admin.get("/nope").refused(404, "no_such_address")
	admin.delete("/contacts").refused(405, "method_not_allowed")
	if got := admin.send("PUT", "/contacts/x", nil).refused(405, "method_not_allowed"); got.header.Get("Allow") != "GET, PATCH, DELETE" {
		t.Errorf("Allow: %q", got.header.Get("Allow"))
	}
	for _, id := range []string{"x", "%ff", "%00", strings.Repeat("a", 5000), "..%2f..", "0'"} {
		admin.get("/contacts/"+id).refused(404, "not_found")
	}
	// Cookies are no sign-in here.
	h.as(actor{}).with("Cookie", "session="+h.admin.token).get("/contacts").refused(401, "no_token")
	h.as(actor{}).with("Authorization", "Basic "+h.admin.token).get("/contacts").refused(401, "no_token")
	h.as(actor{token: "parley_wrong"}).get("/contacts").refused(401, "bad_token")
}

func TestCompression(t *testing.T) {
	h := build(t, dbtest.NewSQLite(t))
	got := h.as(h.admin).with("Accept-Encoding", "gzip").get("/openapi.json").want(200)
	if got.header.Get("Content-Encoding") != "gzip" {
		t.Fatal("a long answer is not compressed")
	}
	plain, err := gzip.NewReader(strings.NewReader(got.body))
	if err != nil {
		t.Fatal(err)
	}
	if text := readAll(t, plain); text != h.as(h.admin).get("/openapi.json").body {
		t.Error("compressed, it says something else")
	}
	short := h.as(h.admin).with("Accept-Encoding", "gzip").get("/users/me").want(200)
	if short.header.Get("Content-Encoding") != "" || short.str("name") != "admin" {
		t.Errorf("a short answer: %v %s", short.header, short.body)
	}
	h.as(h.admin).with("Accept-Encoding", "gzip").get("/contacts/x").refused(404, "not_found")
}

// TestFault: what goes wrong with us has an id and no cause.
func TestFault(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.exec("alter table tag rename to tag_away")
		got := h.as(h.admin).get("/tags").refused(500, "fault")
		h.exec("alter table tag_away rename to tag")
		if strings.Contains(got.body, "tag") && !strings.Contains(got.body, "/tags") || strings.Contains(strings.ToLower(got.body), "sql") {
			t.Errorf("the answer tells the cause: %s", got.body)
		}
		id := strings.TrimPrefix(got.str("instance"), "urn:parley:fault:")
		if id == "" || !strings.Contains(h.log.String(), id) {
			t.Errorf("%s is not in the log", id)
		}
	})
}

// TestPanic: a panic is a 500 with an id, not a broken connection.
func TestPanic(t *testing.T) {
	h := build(t, dbtest.NewSQLite(t))
	h.ready = func(context.Context) error { panic("MARKER") }
	got := h.as(actor{}).get("//readyz").refused(http.StatusInternalServerError, "fault")
	if strings.Contains(got.body, "MARKER") || !strings.Contains(h.log.String(), "MARKER") {
		t.Errorf("answered %s", got.body)
	}
}
