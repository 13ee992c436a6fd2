package api_test

import (
	"testing"

	"parley/internal/db/dbtest"
)

// FuzzContactBody: whatever a body holds, the answer is 201 or a problem below 500.
func FuzzContactBody(f *testing.F) {
	for _, body := range []string{
		`{"first_name":"A","last_name":"B","phone":"+447400000001"}`, `{"identities":[{"kind":"email","value":"a@b.example","primary":true}]}`,
		`{"tags":["x"],"custom":{"k":[1,null]},"visibility":{"mode":"chosen","user_ids":["x"]}}`, `{"contact_address":{"street":"a\nb","country":"GB"}}`,
		`{"first_name":"\ud83d\ude00","last_name":"\u0000"}`, `[[[[`, `{"notes":1e999}`, `"\ud800"`, `{"a":{"a":{"a":{}}}}`,
	} {
		f.Add(body)
	}
	h := build(f, dbtest.NewSQLite(f))
	f.Fuzz(func(t *testing.T, body string) {
		h.t = t
		if body == "" {
			return
		}
		got := h.as(h.admin).post("/contacts", body)
		if got.status >= 500 || got.status < 400 && got.status != 201 || got.status != 201 && got.str("code") == "" {
			t.Errorf("%q: %d %s", body, got.status, got.body)
		}
	})
}
