package api_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/internal/api"
	"parley/internal/channel/twilio"
)

// rosas is a business in Great Britain: admin M, agents A (a@rosas.example, with a phone)
// and B, a WhatsApp and an SMS channel.
type rosas struct {
	*house
	t             *testing.T
	M, A, B       *client
	m, a, b       actor
	whatsapp, sms string
	messages      int
}

func scenario(t *testing.T, f func(t *testing.T, r *rosas)) {
	t.Helper()
	each(t, func(t *testing.T, h *house) {
		h.t = t
		r := &rosas{house: h, t: t, m: h.admin, a: h.agent("a@rosas.example"), b: h.agent("b@rosas.example")}
		r.M, r.A, r.B = h.as(r.m), h.as(r.a), h.as(r.b)
		r.M.patch("/users/"+r.a.id, J{"phone": "+447400111222"}).want(200)
		r.whatsapp = h.channel()
		r.sms = r.M.post("/channels", J{"kind": "twilio_sms", "settings": J{"account_sid": "AC1", "auth_token": "twilio-secret", "from": "+447400000099"}}).want(201).str("id")
		f(t, r)
	})
}

// writes delivers a message of a customer, as the provider does.
func (r *rosas) writes(phone string, sms bool) {
	r.t.Helper()
	r.messages++
	r.deliver(phone, sms, fmt.Sprint("m", r.messages)).want(200)
}

func (r *rosas) deliver(phone string, sms bool, external string) answer {
	w := world{h: r.house, whatsapp: r.whatsapp, sms: r.sms}
	return w.receive(phone, external, sms)
}

// open is the open conversation of a contact, as the admin sees it.
func (r *rosas) open(contact string) answer {
	r.t.Helper()
	list := r.M.get("/conversations?view=open&contact=" + contact).want(200)
	if len(list.items()) != 1 {
		r.t.Fatalf("%d open conversations: %s", len(list.items()), list.body)
	}
	list.json = list.items()[0].(J)
	return list
}

// statuses are what the history says of a contact's status, the oldest first.
func (r *rosas) statuses(contact string) (list []string) {
	r.t.Helper()
	for _, item := range r.M.get("/contacts/" + contact + "/history?limit=200").want(200).items() {
		if item := item.(J); item["field"] == "status" {
			list = append(list, item["new"].(string))
		}
	}
	slices.Reverse(list)
	return list
}

func named(first, last, phone, email string) J {
	return J{"first_name": first, "last_name": last, "phone": phone, "email": email}
}

// I1, I6: what a team member or a contact has is nobody else's, whoever comes first.
func TestScenarioOneOwner(t *testing.T) {
	scenario(t, func(t *testing.T, r *rosas) {
		taken := r.B.post("/contacts", named("Ann", "Lee", "07400 111222", "")).refused(409, "identity_taken").is("user", "conflict", "held_by").field("phone", "identity_taken")
		if !strings.Contains(taken.str("detail"), "used by a team member") {
			t.Errorf("it says %s", taken.str("detail"))
		}
		r.B.post("/contacts", named("Ann", "Lee", "", " A@Rosas.Example ")).refused(409, "identity_taken").is("user", "conflict", "held_by").field("email", "identity_taken")
		id := r.B.post("/contacts", named("Ann", "Lee", "07400 111333", "")).want(201).str("id")
		r.M.post("/users", J{"name": "New", "email": "new@rosas.example", "phone": "+44 7400 111333"}).refused(409, "identity_taken").
			is("contact", "conflict", "held_by").is(id, "conflict", "id")
		for n := range 8 {
			phone := fmt.Sprintf("+4474001114%02d", n)
			answers := atOnce(
				func() answer { return r.A.post("/contacts", named("Ann", "Lee", phone, "")) },
				func() answer {
					return r.M.post("/users", J{"name": "New", "email": fmt.Sprintf("new%d@rosas.example", n), "phone": phone})
				})
			if s := []int{answers[0].status, answers[1].status}; !slices.Equal(s, []int{201, 409}) && !slices.Equal(s, []int{409, 201}) {
				t.Errorf("a contact and a user with one number at the same instant: %v", s)
			}
		}
	})
}

// C2: all that is missing is named at once.
func TestScenarioFirstNameOnly(t *testing.T) {
	scenario(t, func(t *testing.T, r *rosas) {
		r.A.post("/contacts", J{"first_name": "Ann"}).refused(422, "invalid").field("last_name", "required").
			field("phone", "phone_or_email_required").field("email", "phone_or_email_required")
		r.A.get("/contacts?status=any&count=true").want(200).is(0, "count")
	})
}

// C7, C8, C6: an archived contact keeps its number, can be restored, and comes back by
// itself when it writes.
func TestScenarioArchived(t *testing.T) {
	scenario(t, func(t *testing.T, r *rosas) {
		id := r.A.post("/contacts", named("Priya", "Shah", "+447400777888", "")).want(201).str("id")
		r.M.post("/contacts/"+id+"/archive", nil).want(200)
		taken := r.A.post("/contacts", named("Ann", "Lee", "07400 777888", "")).refused(409, "identity_taken").
			is("archived_contact", "conflict", "held_by").is("Priya Shah", "conflict", "name").is(id, "conflict", "id")
		if actions, _ := taken.at("conflict", "actions").([]any); !slices.Contains(actions, any("restore")) {
			t.Errorf("restoring is not offered: %s", taken.body)
		}
		atOnce(func() answer { return r.deliver("+447400777888", true, "first-sms") }, func() answer { return r.deliver("+447400777888", false, "first-wa") })
		r.M.get("/contacts/"+id).want(200).is("active", "status").is("Priya", "first_name").is("Shah", "last_name")
		if got := r.statuses(id); !slices.Equal(got, []string{"archived", "active"}) {
			t.Errorf("the history says %v", got)
		}
		for n := range 6 {
			r.M.delete("/contacts/"+id).want(200).is("archived", "outcome").is(1, "open_conversations").is(0, "open_invoices")
			for _, got := range atOnce(
				func() answer { return r.deliver("+447400777888", true, fmt.Sprint("sms", n)) },
				func() answer { return r.M.delete("/contacts/" + id) },
				func() answer { // 3 ms later
					<-time.After(3 * time.Millisecond)
					return r.deliver("+447400777888", false, fmt.Sprint("wa", n))
				},
			) {
				got.want(200)
			}
			// Whichever came last has its way: each entry of the history is a change.
			got, status := r.statuses(id), r.M.get("/contacts/"+id).want(200).is("Priya", "first_name").str("status")
			if got[len(got)-1] != status || len(slices.Compact(slices.Clone(got))) != len(got) {
				t.Errorf("%s, and the history says %v", status, got)
			}
			messages := r.M.get("/conversations/" + r.open(id).str("id") + "/messages?limit=200").want(200).items()
			if len(messages) != 2+2*(n+1) {
				t.Errorf("%d messages after %d rounds", len(messages), n+1)
			}
		}
	})
}

// C9: an edited number is free. Replies go to the new one, and the old one is a stranger's.
func TestScenarioEditedNumber(t *testing.T) {
	scenario(t, func(t *testing.T, r *rosas) {
		id := r.A.post("/contacts", named("Priya", "Shah", "+447400777888", "")).want(201).str("id")
		r.writes("+447400777888", true)
		old := r.open(id)
		r.A.with("If-Match", `"1"`).patch("/contacts/"+id, J{"phone": "+447400777999"}).want(200)
		r.A.post("/conversations/"+old.str("id")+"/messages", J{"text": "hello"}).want(201).is("+447400777999", "address")
		r.writes("+447400777888", true)
		r.M.get("/conversations?view=open&count=true").want(200).is(2, "count")
		r.M.get("/conversations/"+old.str("id")+"/messages?count=true").want(200).is(2, "count")
		r.open(id).is(old.str("id"), "id")
		stranger := r.M.get("/contacts?q=07400777888").want(200)
		if stranger.is(true, "items", 0, "name_is_placeholder").str("items", 0, "id") == id || len(stranger.items()) != 1 {
			t.Errorf("the old number is not a stranger's: %s", stranger.body)
		}
	})
}

// V2: for those who may not see a contact, neither it nor its conversation is there.
func TestScenarioHidden(t *testing.T) {
	scenario(t, func(t *testing.T, r *rosas) {
		r.M.post("/tags", J{"name": "Gold"}).want(201)
		hears := r.follow(t, r.b, "")
		secret := named(marker, marker, "+447400777888", "marker@client.example")
		secret["visibility"], secret["tags"], secret["business_name"] = J{"mode": "chosen", "user_ids": []string{r.a.id, r.m.id}}, []string{"Gold"}, marker
		id := r.M.post("/contacts", secret).want(201).str("id")
		secret["phone"], secret["email"] = "+447400777889", ""
		r.M.post("/contacts", secret).want(201)
		r.M.post("/invoices", J{"contact_id": id, "number": marker, "currency": "GBP", "total": "120.00"}).want(201)
		r.writes("+447400777888", true)
		r.duplicates(1)
		talk := r.open(id).str("id")
		n := r.M.post("/users", J{"name": "N", "email": "n@rosas.example", "role": "admin"}).want(201).str("id")
		N := r.as(actor{n, r.m.business, r.M.post("/users/"+n+"/tokens", nil).want(201).str("token")})
		for name, c := range map[string]*client{"B": r.B, "N, an admin": N} {
			for _, path := range []string{"/contacts?status=any&count=true", "/contacts?q=" + marker + "&count=true", "/contacts?tag=Gold&count=true", "/contacts?q=777888&count=true",
				"/conversations?count=true", "/conversations?q=" + marker + "&count=true", "/conversations?contact=" + id + "&count=true", "/duplicates?count=true",
				"/invoices?count=true", "/invoices?contact=" + id + "&count=true"} {
				if got := c.get(path).want(200).is(0, "count"); len(got.items()) > 0 || strings.Contains(got.body, marker) {
					t.Errorf("%s: %s shows %s", name, path, got.body)
				}
			}
			for _, path := range []string{"/contacts/" + id, "/contacts/" + id + "/history", "/conversations/" + talk, "/conversations/" + talk + "/messages"} {
				never := strings.NewReplacer(id, strings.Repeat("0", 26), talk, strings.Repeat("0", 26)).Replace(path)
				if got := c.get(path).refused(404, "not_found"); got.body != c.get(never).body {
					t.Errorf("%s: %s differs from what never was: %s", name, path, got.body)
				}
			}
			c.get("/tags").want(200).is(0, "items", 0, "contacts")
			if got := c.post("/contacts", named("X", "Y", "07400 777888", "")).refused(409, "identity_taken"); strings.Contains(got.body, marker) || strings.Contains(got.body, id) {
				t.Errorf("%s: a conflict shows %s", name, got.body)
			}
			c.post("/invoices", J{"contact_id": id, "number": "1", "currency": "GBP", "total": "1"}).refused(422, "invalid").field("contact_id", "unknown_contact")
		}
		r.A.get("/contacts/" + id).want(200)
		r.A.get("/conversations/" + talk).want(200)
		r.writes("+447400999001", true) // the first that B hears of
		public := r.M.get("/contacts?q=07400999001").want(200).str("items", 0, "id")
		for e := (api.Event{}); string(e.Type) != "message.received"; {
			if e, _ = hears.next(); e.ContactID != "" && e.ContactID.String() != public || e.ConversationID.String() == talk {
				t.Fatalf("B hears %+v", e)
			}
		}
		for _, chosen := range []string{r.a.id, r.m.id} {
			N.get("/contacts/"+id).refused(404, "not_found")
			N.patch("/users/"+chosen, J{"active": false}).want(200)
		}
		N.get("/contacts/"+id).want(200).is(marker, "first_name")
		N.get("/conversations/" + talk).want(200)
		r.B.get("/contacts/"+id).refused(404, "not_found")
	})
}

// V3: messages go to the contact's assignee; a hand-over by a person stands until the
// conversation closes.
func TestScenarioAssigned(t *testing.T) {
	scenario(t, func(t *testing.T, r *rosas) {
		ann := named("Ann", "Lee", "+447400777888", "")
		ann["assignee_id"] = r.a.id
		id := r.M.post("/contacts", ann).want(201).str("id")
		r.writes("+447400777888", true)
		talk := "/conversations/" + r.open(id).is(r.a.id, "assignee_id").str("id")
		r.M.post(talk+"/assign", J{"user_id": r.b.id}).want(200).is(r.b.id, "assignee_id")
		r.writes("+447400777888", false)
		r.open(id).is(r.b.id, "assignee_id")
		r.B.post(talk+"/close", nil).want(200)
		r.writes("+447400777888", true)
		r.open(id).is(r.a.id, "assignee_id")
		for _, body := range []J{
			{"visibility": J{"mode": "chosen", "user_ids": []string{r.m.id, r.b.id}}},
			{"visibility": J{"mode": "chosen", "user_ids": []string{r.m.id, r.a.id}}, "assignee_id": r.b.id},
		} {
			got := r.M.with("If-Match", `"1"`).patch("/contacts/"+id, body).refused(422, "invalid").field("assignee_id", "cannot_see")
			if detail := got.str("errors", 0, "detail"); !strings.Contains(detail, "Add ") || !strings.Contains(detail, "or assign somebody else") {
				t.Errorf("no way out is named: %s", detail)
			}
		}
		// Nobody gets what they may not see: a conversation that is open under an older visibility.
		r.M.post(talk+"/visibility", J{"mode": "chosen", "user_ids": []string{r.m.id}}).want(200).is("", "assignee_id")
		r.writes("+447400777888", true)
		r.open(id).is("", "assignee_id")
	})
}

// V4: who is deactivated has no conversations, no contacts by oversight, and no access.
func TestScenarioDeactivated(t *testing.T) {
	scenario(t, func(t *testing.T, r *rosas) {
		ids := []string{}
		for n := range 3 {
			c := named("Ann", "Lee", fmt.Sprintf("+44740077788%d", n), "")
			c["assignee_id"] = r.a.id
			ids = append(ids, r.M.post("/contacts", c).want(201).str("id"))
			r.writes(c["phone"].(string), true)
			r.open(ids[n]).is(r.a.id, "assignee_id")
		}
		r.A.get("/users/me").want(200)
		r.M.patch("/users/"+r.a.id, J{"active": false}).want(200)
		r.A.get("/users/me").refused(401, "bad_token")
		for n, id := range ids {
			r.open(id).is("", "assignee_id")
			r.writes(fmt.Sprintf("+44740077788%d", n), false)
			r.open(id).is("", "assignee_id")
		}
		if got := r.text("select cast(count(*) as text) from conversation where assign_note like '%was deactivated%'"); got != "3" {
			t.Errorf("%s conversations say why they are nobody's", got)
		}
		r.M.get("/contacts?count=true&assignee="+r.a.id).want(200).is(3, "count")
	})
}

// T1: one tag of a name, made by admins; what filters by it follows its name.
func TestScenarioTag(t *testing.T) {
	scenario(t, func(t *testing.T, r *rosas) {
		gold := r.M.post("/tags", J{"name": "gold"}).want(201).str("id")
		r.M.post("/tags", J{"name": " Gold "}).refused(409, "tag_exists").field("name", "tag_exists")
		r.A.post("/tags", J{"name": "Blue"}).refused(403, "forbidden")
		ann := named("Ann", "Lee", "+447400777888", "")
		ann["tags"] = []string{"GOLD"}
		id := r.A.post("/contacts", ann).want(201).str("id")
		view := r.A.post("/views", J{"name": "Mine", "filter": J{"tag": "gold"}}).want(201).str("id")
		r.M.patch("/tags/"+gold, J{"name": "Platinum"}).want(200)
		r.A.get("/contacts?tag="+gold).want(200).is(id, "items", 0, "id").is([]string{"Platinum"}, "items", 0, "tags")
		r.A.get("/contacts?tag=platinum").want(200).is(id, "items", 0, "id")
		r.A.get("/views/"+view).want(200).is([]string{gold}, "filter", "tag").is([]any{}, "problems")
		r.A.get("/contacts?tag=gold").refused(422, "invalid").field("tag", "unknown_tag")
	})
}

// C11, B5: one contact of two, and back.
func TestScenarioMerge(t *testing.T) {
	scenario(t, func(t *testing.T, r *rosas) {
		for _, tag := range []string{"Gold", "Blue"} {
			r.M.post("/tags", J{"name": tag}).want(201)
		}
		pria, priya := named("Pria", "Shah", "+447400777888", ""), named("Priya", "Shah", "+447400777999", "priya@shah.example")
		pria["tags"], priya["tags"] = []string{"Gold"}, []string{"Blue"}
		from, into := r.A.post("/contacts", pria).want(201).str("id"), r.A.post("/contacts", priya).want(201).str("id")
		r.writes("+447400777888", true)
		form := twilio.MessageForm("AC1", "stop", "+447400777888", "+447400000099", "STOP")
		form.Set("OptOutType", "STOP")
		r.call(twilio.Signed("twilio-secret", publicURL+"/hooks/"+r.sms, form)).want(200)
		r.M.get("/contacts/"+from).want(200).is([]string{"sms"}, "opt_outs")
		r.M.post("/contacts/"+into+"/merge", J{"into": into}).refused(422, "invalid").field("into", "same_contact")
		talk := r.open(from).str("id")
		state := func(id string) J {
			got := r.M.get("/contacts/" + id).want(200)
			delete(got.json, "version")
			delete(got.json, "updated_at")
			return got.json
		}
		was := []J{state(from), state(into)}
		kept := r.M.post("/contacts/"+from+"/merge", J{"into": into}).want(200).is([]string{"Blue", "Gold"}, "tags").is([]string{"sms"}, "opt_outs").
			is("+447400777999", "phone").is("+447400777888", "identities", 1, "value").is("priya@shah.example", "email")
		r.open(into).is(talk, "id")
		reply := r.A.post("/conversations/"+talk+"/messages", J{"text": "hello"})
		if reply.status != 201 || reply.str("address") != "+447400777888" {
			t.Errorf("the thread answers another number than the one that wrote: %d %s", reply.status, reply.body)
		}
		r.M.post("/merges/"+kept.str("merge_id")+"/undo", nil).want(200)
		if is := []J{state(from), state(into)}; !same(is, was) {
			t.Errorf("after the undo\n%v\nbefore the merge\n%v", is, was)
		}
		r.open(from).is(talk, "id")
	})
}

// C11, V3: a conversation that a merge closed comes back as it was handed over, be it to
// nobody.
func TestScenarioUndoHandOver(t *testing.T) {
	scenario(t, func(t *testing.T, r *rosas) {
		pria := named("Pria", "Shah", "+447400777888", "")
		pria["assignee_id"] = r.a.id
		from, into := r.M.post("/contacts", pria).want(201).str("id"), r.M.post("/contacts", named("Priya", "Shah", "+447400777999", "")).want(201).str("id")
		r.writes("+447400777888", true)
		r.M.post("/conversations/"+r.open(from).str("id")+"/assign", J{"user_id": ""}).want(200)
		r.writes("+447400777999", true) // the later one goes on
		merge := r.M.post("/contacts/"+from+"/merge", J{"into": into}).want(200).str("merge_id")
		r.M.post("/merges/"+merge+"/undo", nil).want(200)
		r.writes("+447400777888", true)
		r.open(from).is("", "assignee_id")
	})
}

// C4: who saves second loses nothing, and is told what the first changed.
func TestScenarioTwoSave(t *testing.T) {
	scenario(t, func(t *testing.T, r *rosas) {
		id := "/contacts/" + r.A.post("/contacts", named("Ann", "Lee", "+447400777888", "")).want(201).str("id")
		r.A.with("If-Match", `"1"`).patch(id, J{"notes": "by A", "last_name": "Li"}).want(200)
		r.B.with("If-Match", `"1"`).patch(id, J{"notes": "by B"}).refused(412, "stale_version").
			is("by A", "current", "notes").is("Li", "current", "last_name").is(2, "current", "version").is("Agent a@rosas.example", "changed_by")
		r.B.get(id+"/history").want(200).is("last_name", "items", 0, "field").is("Lee", "items", 0, "old").is("Li", "items", 0, "new").is("notes", "items", 1, "field")
		r.B.with("If-Match", `"2"`).patch(id, J{"notes": "by B"}).want(200).is("Li", "last_name")
	})
}

// atOnce makes calls at the same instant.
func atOnce(calls ...func() answer) []answer {
	answers := make([]answer, len(calls))
	var all sync.WaitGroup
	for n, call := range calls {
		all.Go(func() { answers[n] = call() })
	}
	all.Wait()
	return answers
}
