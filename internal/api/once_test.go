package api_test

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/internal/crm"
)

func TestIdempotencyKey(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		admin := h.as(h.admin).with("Idempotency-Key", "order-1")
		body := J{"first_name": "Ann", "last_name": "Test", "phone": "+447400000001"}
		first := admin.post("/contacts", body).want(201)
		again := admin.post("/contacts", body).want(201)
		if again.body != first.body || again.header.Get("ETag") != first.header.Get("ETag") || again.header.Get("Content-Type") != first.header.Get("Content-Type") {
			t.Errorf("another answer: %s", again.body)
		}
		admin.post("/contacts", J{"first_name": "Bea"}).refused(422, "idempotency_mismatch")
		admin.post("/tags", body).refused(422, "idempotency_mismatch")
		h.as(h.admin).with("Idempotency-Key", "a\x01").post("/contacts", body).refused(400, "bad_idempotency_key")
		h.as(h.admin).with("Idempotency-Key", strings.Repeat("k", 201)).post("/contacts", body).refused(400, "bad_idempotency_key")

		// Keys are the user's own.
		h.as(h.agent("tom@acme.example")).with("Idempotency-Key", "order-1").post("/contacts", body).refused(409, "identity_taken")

		// A refusal is an answer like any other.
		refusing := h.as(h.admin).with("Idempotency-Key", "order-2")
		refusing.post("/contacts", body).refused(409, "identity_taken")
		h.as(h.admin).delete("/contacts/" + first.str("id")).want(200)
		refusing.post("/contacts", body).refused(409, "identity_taken")

		// What never got to its handler leaves the key free.
		early := h.as(h.admin).with("Idempotency-Key", "order-3")
		early.post("/contacts/"+first.str("id")+"/restore", nil).refused(404, "not_found")
		early.post("/contacts", `{`).refused(400, "bad_json")
		early.post("/contacts", body).want(201)

		// A day later the key is new.
		h.clock.advance(25 * time.Hour)
		admin.post("/contacts", J{"first_name": "Cid", "last_name": "Test", "phone": "+447400000003"}).want(201)
	})
}

// TestKeptTokenIsSealed: an answer that holds a token is not readable at rest (A5).
func TestKeptTokenIsSealed(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		made := h.as(h.admin).with("Idempotency-Key", "token").post("/users/"+h.admin.id+"/tokens", nil).want(201)
		h.as(h.admin).with("Idempotency-Key", "token").post("/users/"+h.admin.id+"/tokens", nil).want(201).is(made.str("token"), "token")
		if kept := h.text("select max(body) from idempotent"); kept == "" || strings.Contains(kept, made.str("token")) {
			t.Errorf("kept as %q", kept)
		}
	})
}

// TestIdempotencyAtTheSameInstant: of many, one acts, and all get its answer.
func TestIdempotencyAtTheSameInstant(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		const many = 12
		answers := make([]answer, many)
		var wait sync.WaitGroup
		for n := range many {
			wait.Go(func() {
				answers[n] = h.as(h.admin).with("Idempotency-Key", "same").post("/users/"+h.admin.id+"/tokens", J{"name": "x"})
			})
		}
		wait.Wait()
		made := ""
		for _, a := range answers {
			if a.status != 201 || made != "" && made != a.body {
				t.Errorf("%d %s", a.status, a.body)
			}
			made = a.body
		}
		if n := h.text("select cast(count(*) as text) from api_token where name = 'x'"); n != "1" || made == "" {
			t.Errorf("%s tokens were made", n)
		}
	})
}

// TestIdempotencyOfUnknownOutcome: nobody knows how a call ended whose process died.
func TestIdempotencyOfUnknownOutcome(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		who := crm.Actor{BusinessID: h.admin.business, UserID: crm.ID(h.admin.id)}
		if _, _, err := h.team.ReserveAnswer(t.Context(), who, "dead", "other"); err != nil {
			t.Fatal(err)
		}
		h.as(h.admin).with("Idempotency-Key", "dead").post("/tags", J{"name": "x"}).refused(422, "idempotency_mismatch")
		h.exec("update idempotent set key = 'begun' where key = 'dead'")
		sum := sha256.Sum256([]byte("POST /api/v1/tags\n{\"name\":\"x\"}"))
		h.exec("update idempotent set request = '" + hex.EncodeToString(sum[:]) + "' where key = 'begun'")
		h.as(h.admin).with("Idempotency-Key", "begun").post("/tags", J{"name": "x"}).refused(409, "idempotency_in_progress")

		// Our own failure gives the key back.
		h.exec("alter table tag rename to tag_away")
		keyed := h.as(h.admin).with("Idempotency-Key", "failing")
		keyed.post("/tags", J{"name": "x"}).refused(500, "fault")
		h.exec("alter table tag_away rename to tag")
		keyed.post("/tags", J{"name": "x"}).want(201)
	})
}
