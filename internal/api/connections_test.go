package api_test

import (
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"parley/internal/connector/xeroemulator"
	"parley/internal/crm"
)

// S1, S2: from the first call to the contacts, over the API alone, against an emulated
// Xero.
func TestConnections(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		xero := xeroemulator.New(xeroemulator.Config{ClientID: "client", ClientSecret: "hush", WebhookKey: "xero-webhook-key", Now: h.clock.now})
		xero.Sample()
		server := httptest.NewServer(xero.Handler())
		t.Cleanup(server.Close)
		h.books.BaseURL, h.books.IdentityURL, h.books.HTTP = server.URL, server.URL, server.Client()
		admin := h.as(h.admin)
		admin.post("/connections", J{"provider": "sage"}).want(422)
		h.as(h.agent("ana@acme.example")).post("/connections", J{"provider": "xero"}).want(403)
		made := admin.post("/connections", J{"provider": "xero"}).want(201)
		id := made.str("id")
		admin.post("/connections/"+id+"/sync", nil).refused(409, "not_connected")
		back, err := url.Parse(xero.Consent(made.str("authorize_url")))
		if err != nil {
			t.Fatal(err)
		}
		who := crm.Actor{BusinessID: h.admin.business, UserID: crm.ID(h.admin.id), Role: crm.Admin, Name: "Admin", Via: crm.ViaAPI}
		for name, bad := range map[string]struct{ secret, provider, state string }{
			"another token": {"parley_other", "xero", back.Query().Get("state")}, "no state": {h.admin.token, "xero", ""},
			"a made-up state": {h.admin.token, "xero", "AAAA"}, "another provider": {h.admin.token, "quickbooks", back.Query().Get("state")},
		} {
			q := back.Query()
			q.Set("state", bad.state)
			if _, err := h.accounts.Callback(t.Context(), who, bad.secret, bad.provider, q); crm.KindOf(err) != crm.Invalid {
				t.Errorf("%s: %v", name, err)
			}
		}
		if state := admin.get("/connections/" + id).want(200).str("state"); state != "connecting" {
			t.Fatalf("it is %s", state)
		}
		if _, err := h.accounts.Callback(t.Context(), who, h.admin.token, "xero", back.Query()); err != nil {
			t.Fatal(err)
		}
		if _, err := h.accounts.Callback(t.Context(), who, h.admin.token, "xero", back.Query()); crm.KindOf(err) != crm.Invalid {
			t.Errorf("a state works twice: %v", err)
		}
		work := func(kind crm.FeedKind) {
			t.Helper()
			for again := true; again; {
				d, err := h.accounts.Work(t.Context(), h.admin.business, crm.ID(id), kind)
				if err != nil {
					t.Fatal(err)
				}
				again = d > 0
			}
		}
		if got := admin.post("/connections/"+id+"/preview", nil).want(202); got.str("preview", "status") != "running" {
			t.Errorf("the preview: %s", got.body)
		}
		work(crm.FeedContacts)
		got := admin.get("/connections/" + id).want(200)
		if got.str("preview", "status") != "done" || num(got, "preview", "counts", "create") != 6 || num(got, "preview", "counts", "review") != 2 || num(got, "preview", "counts", "left_out") != 1 {
			t.Fatalf("the preview: %s", got.body)
		}
		rows := admin.get("/connections/" + id + "/preview?outcome=review").want(200)
		if rows.str("items", 1, "name") != "Cash sale" || rows.str("items", 1, "reason") == "" {
			t.Errorf("the rows: %s", rows.body)
		}
		admin.post("/connections/"+id+"/sync", nil).want(202)
		work(crm.FeedContacts)
		work(crm.FeedInvoices)
		got = admin.get("/connections/" + id).want(200)
		if num(got, "counts", "contacts") != 6 || num(got, "counts", "invoices") != 3 || num(got, "counts", "review") != 2 || got.str("last_run") == "" || got.str("next_run") == "" {
			t.Fatalf("after the run: %s", got.body)
		}
		found := admin.get("/contacts?source=xero&q=harriet").want(200)
		if found.str("items", 0, "last_name") != "Lowe" || found.str("items", 0, "source") != "xero" {
			t.Errorf("Harriet: %s", found.body)
		}
		list := admin.get("/connections/" + id + "/review").want(200)
		reasons := []string{list.str("items", 0, "reason"), list.str("items", 1, "reason")}
		slices.Sort(reasons)
		if !slices.Equal(reasons, []string{"no_identity", "shared_identity"}) {
			t.Errorf("to review: %s", list.body)
		}
		resolve := "/connections/" + id + "/review/" + list.str("items", 0, "id") + "/resolve"
		admin.post(resolve, J{"action": "sell"}).want(422)
		admin.post(resolve, J{"action": "ignore"}).want(200)
		admin.post(resolve, J{"action": "ignore"}).want(404)
		many := "/connections/" + id + "/review/resolve"
		both := []string{list.str("items", 0, "id"), list.str("items", 1, "id")}
		for _, bad := range []J{{"items": both, "action": "sell"}, {"items": []string{}, "action": "create"}, {"action": "create"}} {
			admin.post(many, bad).want(422)
		}
		h.as(h.agent("bo@acme.example")).post(many, J{"items": both, "action": "create"}).want(403)
		admin.post(many, J{"items": both, "action": "create"}).want(200).is(both[0], "items", 0, "id").is(false, "items", 0, "resolved").is("not_found", "items", 0, "code").
			is(both[1], "items", 1, "id").is(true, "items", 1, "resolved").is("", "items", 1, "code")
		if got := admin.get("/connections/" + id).want(200); num(got, "counts", "contacts") != 7 || num(got, "counts", "review") != 0 {
			t.Errorf("after the review: %s", got.body)
		}
		ignoredOverAPI(t, h, id)
		admin.patch("/connections/"+id, J{"options": J{"policies": J{"notes": "ours"}}}).want(422)
		if got := admin.patch("/connections/"+id, J{"push": true, "options": J{"policies": J{"email": "ask"}}}).want(200); got.str("options", "policies", "email") != "ask" {
			t.Errorf("the options: %s", got.body)
		}
		if got := admin.post("/connections/"+id+"/disconnect", nil).want(200); got.str("state") != "disconnected" || xero.Granted() != 0 {
			t.Errorf("%s; %d organisations are still connected", got.body, xero.Granted())
		}
		admin.get("/contacts?source=xero").want(200)
	})
}

// S2: the one record that was ignored is listed and taken up again, by admins of the
// business alone.
func ignoredOverAPI(t *testing.T, h *house, id string) {
	t.Helper()
	admin, path := h.as(h.admin), "/connections/"+id+"/ignored"
	list := admin.get(path + "?limit=1").want(200)
	record := list.str("items", 0, "remote_id")
	if len(list.items()) != 1 || record == "" || list.str("items", 0, "name") == "" || !strings.HasPrefix(list.str("items", 0, "url"), "https://go.xero.com/") || list.str("items", 0, "at") == "" || list.str("next") != "" {
		t.Fatalf("ignored: %s", list.body)
	}
	admin.get(path+"?after=nonsense").refused(422, "bad_cursor")
	these := J{"remote_ids": []string{record, "never"}}
	for _, bad := range []J{{}, {"remote_ids": []string{}}, {"remote_ids": []string{"a\x00"}}} {
		admin.post(path+"/take-up", bad).want(422)
	}
	agent, other := h.as(h.agent("cy@acme.example")), h.as(h.business("Elsewhere"))
	agent.get(path).want(403)
	agent.post(path+"/take-up", these).want(403)
	other.get(path).want(404)
	other.post(path+"/take-up", these).want(404)
	admin.post(path+"/take-up", these).want(200).is(record, "items", 0, "remote_id").is(true, "items", 0, "taken_up").is("review", "items", 0, "outcome").
		is(false, "items", 1, "taken_up").is("not_found", "items", 1, "code").is("", "items", 1, "outcome")
	if left := admin.get(path).want(200).items(); len(left) != 0 {
		t.Errorf("still ignored: %v", left)
	}
	review := admin.get("/connections/" + id + "/review").want(200)
	admin.post("/connections/"+id+"/review/"+review.str("items", 0, "id")+"/resolve", J{"action": "ignore"}).want(200)
}

// Xero proves itself, and has us prove that we check ("intent to receive").
func TestXeroIntentToReceive(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		body := []byte(`{"events":[],"firstEventSequence":0,"lastEventSequence":0,"entropy":"S0m3r4Nd0mt3xt"}`)
		for signature, want := range map[string]int{"Jk5oeRqkvxspr6ZqkjgzOcJkUe7yZPsZrwBHTeueGFc=": 200, "Jk5oeRqkvxspr6ZqkjgzOcJkUe7yZPsZrwBHTeueGFd=": 401, "": 401} {
			got := h.as(actor{}).with("X-Xero-Signature", signature).send("POST", "//hooks/xero", body)
			if got.status != want || got.body != "" || got.header.Get("Set-Cookie") != "" {
				t.Errorf("signed %q: %d %q", signature, got.status, got.body)
			}
		}
		e := xeroemulator.New(xeroemulator.Config{WebhookKey: h.books.WebhookKey})
		server := httptest.NewServer(h.api)
		t.Cleanup(server.Close)
		if !e.Intent(server.URL + "/hooks/xero") {
			t.Error("Xero would not send webhooks")
		}
		h.books.WebhookKey = ""
		if e.Intent(server.URL + "/hooks/xero") {
			t.Error("it takes webhooks without a key")
		}
		if got := h.as(actor{}).with("X-Xero-Signature", "Jk5oeRqkvxspr6ZqkjgzOcJkUe7yZPsZrwBHTeueGFc=").send("POST", "//hooks/xero", body); got.status != 401 {
			t.Errorf("without a key: %d", got.status)
		}
	})
}

func num(a answer, path ...any) int {
	n, _ := a.at(path...).(float64)
	return int(n)
}
