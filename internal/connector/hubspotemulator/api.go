package hubspotemulator

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"parley/internal/connector/emulator"
)

const objects = "/crm/v3/objects/contacts"

// api answers under /crm/v3/objects/contacts.
func (e *Emulator) api(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	e.Mu.Lock()
	defer e.Mu.Unlock()
	fault := e.Called(r)
	g := e.Bearer(r)
	if g == nil || fault == emulator.Unauthorised {
		expired(w)
		return
	}
	o := e.account(g.Is.portal)
	if !e.limit(w, r, o) || !broken(w, fault) {
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodDelete && !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		fail(w, http.StatusUnsupportedMediaType, "VALIDATION_ERROR", "Content-Type")
		return
	}
	w.Header().Set("Date", e.Now().UTC().Format(http.TimeFormat))
	emulator.Answer(w, fault, func(w http.ResponseWriter) { e.route(w, r, o, g, body) })
}

// broken answers with a fault; it answers whether there is none.
func broken(w http.ResponseWriter, fault emulator.Fault) bool {
	switch fault {
	case emulator.TooMany:
		tooMany(w, "TEN_SECONDLY_ROLLING")
	case emulator.Broken:
		fail(w, http.StatusInternalServerError, "INTERNAL_ERROR", "internal error")
	case emulator.Away:
		http.Error(w, "Service Unavailable", http.StatusServiceUnavailable)
	case emulator.Page:
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<html><title>HubSpot is taking a break</title></html>")
	case Scopes:
		fail(w, http.StatusForbidden, "MISSING_SCOPES", "This app hasn't been granted all required scopes to make this call.")
	default:
		return true
	}
	return false
}

func (e *Emulator) route(w http.ResponseWriter, r *http.Request, o *account, g *grant, body []byte) {
	id := strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, objects), "/")
	writes := slices.Contains(g.Is.scopes, "crm.objects.contacts.write")
	switch {
	case r.URL.Path == "/crm/v3/properties/contacts":
		e.properties(w, o, g)
	case r.Method == http.MethodGet && id == "":
		e.list(w, r, o)
	case r.Method == http.MethodPost && id == "search":
		e.search(w, o, body)
	case r.Method == http.MethodPost && id == "batch/read":
		e.batch(w, r, o, body)
	case r.Method == http.MethodGet && !strings.Contains(id, "/"):
		e.one(w, r, o, id)
	case !writes:
		fail(w, http.StatusForbidden, "MISSING_SCOPES", "This app hasn't been granted all required scopes to make this call.")
	case r.Method == http.MethodPost && id == "":
		e.write(w, o, body, nil)
	case r.Method == http.MethodPatch && !strings.Contains(id, "/"):
		c := o.contact(id)
		if c == nil || c.Archived {
			missing(w)
			return
		}
		e.write(w, o, body, c)
	default:
		http.NotFound(w, r)
	}
}

// properties are those that contacts have. hs_calculated is one that nobody can write.
func (e *Emulator) properties(w http.ResponseWriter, o *account, g *grant) {
	if !slices.Contains(g.Is.scopes, "crm.schemas.contacts.read") {
		fail(w, http.StatusForbidden, "MISSING_SCOPES", "This app hasn't been granted all required scopes to make this call.")
		return
	}
	results := []any{map[string]any{"name": "hs_calculated", "type": "string", "modificationMetadata": map[string]bool{"readOnlyValue": true}}}
	for _, name := range slices.Concat(writable, o.custom) {
		results = append(results, map[string]any{"name": name, "type": "string", "modificationMetadata": map[string]bool{"readOnlyValue": false}})
	}
	reply(w, http.StatusOK, map[string]any{"results": results})
}

// AddProperties makes properties of contacts, as an admin does in HubSpot's settings.
func (e *Emulator) AddProperties(portal string, names ...string) {
	e.Mu.Lock()
	defer e.Mu.Unlock()
	o := e.account(portal)
	o.custom = append(o.custom, names...)
}

func missing(w http.ResponseWriter) {
	fail(w, http.StatusNotFound, "OBJECT_NOT_FOUND", "Object not found.  objectId are usually numeric.")
}

func asked(r *http.Request) []string { return strings.Split(r.URL.Query().Get("properties"), ",") }

// size is the size of a page, and whether it may be asked for.
func (e *Emulator) size(w http.ResponseWriter, n, most int) (int, bool) {
	if n < 1 || n > most {
		fail(w, http.StatusBadRequest, "VALIDATION_ERROR", "limit must be between 1 and "+strconv.Itoa(most))
		return 0, false
	}
	if e.PageSize > 0 {
		n = min(n, e.PageSize)
	}
	return n, true
}

// list is a page of all contacts, or of those in the archive, in the order of their ids.
func (e *Emulator) list(w http.ResponseWriter, r *http.Request, o *account) {
	q := r.URL.Query()
	limit, _ := strconv.Atoi(q.Get("limit"))
	limit, ok := e.size(w, limit, 100)
	if !ok {
		return
	}
	after, _ := strconv.Atoi(q.Get("after"))
	var list []*Contact
	for _, c := range o.contacts {
		if n, _ := strconv.Atoi(c.ID); n > after && c.Archived == (q.Get("archived") == "true") {
			list = append(list, c)
		}
	}
	slices.SortFunc(list, byID)
	results, next := []json.RawMessage{}, ""
	for n, c := range list {
		if n == limit {
			next = list[n-1].ID
			break
		}
		results = append(results, c.shown(asked(r)))
	}
	answer := map[string]any{"results": results}
	if next != "" {
		answer["paging"] = map[string]any{"next": map[string]string{"after": next}}
	}
	reply(w, http.StatusOK, answer)
}

func byID(a, b *Contact) int {
	x, _ := strconv.Atoi(a.ID)
	y, _ := strconv.Atoi(b.ID)
	return x - y
}

// batch answers with those of some ids that are there: 207 where not all are.
func (e *Emulator) batch(w http.ResponseWriter, r *http.Request, o *account, body []byte) {
	var in struct {
		Inputs     []struct{ ID string }
		Properties []string
	}
	if err := json.Unmarshal(body, &in); err != nil || len(in.Inputs) == 0 || len(in.Inputs) > 100 {
		fail(w, http.StatusBadRequest, "VALIDATION_ERROR", "inputs: 1 to 100")
		return
	}
	results, absent := []json.RawMessage{}, []string{}
	for _, input := range in.Inputs {
		if c := o.contact(input.ID); c != nil && c.Archived == (r.URL.Query().Get("archived") == "true") {
			results = append(results, c.shown(in.Properties))
		} else {
			absent = append(absent, input.ID)
		}
	}
	answer, status := map[string]any{"status": "COMPLETE", "results": results}, http.StatusOK
	if len(absent) > 0 {
		status = http.StatusMultiStatus
		answer["numErrors"], answer["errors"] = 1, []any{map[string]any{"status": "error", "category": "OBJECT_NOT_FOUND", "message": "Could not get some CONTACT objects, they may be deleted or not exist. Check that ids are valid.", "context": map[string]any{"ids": absent}}}
	}
	reply(w, status, answer)
}

// one is a contact by its id, or by an e-mail. One that became part of another is that one.
func (e *Emulator) one(w http.ResponseWriter, r *http.Request, o *account, id string) {
	c := o.contact(id)
	if r.URL.Query().Get("idProperty") == "email" {
		c = o.holder(id)
	} else if c == nil {
		for into := o.merged[id]; into != "" && c == nil; into = o.merged[into] {
			c = o.contact(into)
		}
	}
	if c == nil || c.Archived != (r.URL.Query().Get("archived") == "true") {
		missing(w)
		return
	}
	reply(w, http.StatusOK, c.shown(asked(r)))
}

// writable are the properties that can be written.
var writable = []string{"firstname", "lastname", "email", "phone", "mobilephone", "company", "address", "city", "state", "zip", "country", "lifecyclestage"}

// write makes or changes a contact. Values must be texts.
func (e *Emulator) write(w http.ResponseWriter, o *account, body []byte, c *Contact) {
	var in struct{ Properties map[string]json.RawMessage }
	if err := json.Unmarshal(body, &in); err != nil || in.Properties == nil {
		fail(w, http.StatusBadRequest, "VALIDATION_ERROR", "Invalid input JSON")
		return
	}
	set := map[string]string{}
	for property, raw := range in.Properties {
		var text string
		if err := json.Unmarshal(raw, &text); err != nil {
			fail(w, http.StatusBadRequest, "VALIDATION_ERROR", "Invalid input JSON: "+property+" is no text")
			return
		}
		if !slices.Contains(writable, property) && !slices.Contains(o.custom, property) {
			reply(w, http.StatusBadRequest, map[string]any{"status": "error", "category": "VALIDATION_ERROR", "correlationId": emulator.Random(16), "message": "Property values were not valid",
				"errors": []map[string]string{{"message": "Property \"" + property + "\" does not exist", "code": "PROPERTY_DOESNT_EXIST"}}})
			return
		}
		set[property] = text
	}
	if email := set["email"]; email != "" {
		if !strings.Contains(email, "@") || !strings.Contains(email, ".") {
			reply(w, http.StatusBadRequest, map[string]any{"status": "error", "category": "VALIDATION_ERROR", "correlationId": emulator.Random(16), "message": "Property values were not valid",
				"errors": []map[string]string{{"message": "Email address " + email + " is invalid", "code": "INVALID_EMAIL"}}})
			return
		}
		if had := o.holder(email); had != nil && had != c {
			fail(w, http.StatusConflict, "CONFLICT", "Contact already exists. Existing ID: "+had.ID)
			return
		}
		set["email"] = strings.ToLower(email)
	}
	id, status := "", http.StatusCreated
	if c != nil {
		id, status = c.ID, http.StatusOK
	}
	e.Tick()
	c = e.put(o, id, set, "INTEGRATION")
	defer func() { go e.Tell() }()
	written := []string{}
	for property := range set {
		written = append(written, property)
	}
	reply(w, status, c.shown(written))
}
