package xeroemulator

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"parley/internal/connector/emulator"
)

type written struct {
	sum    [32]byte
	at     time.Time
	status int
	body   []byte
}

// api answers under /api.xro/2.0.
func (e *Emulator) api(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	e.Mu.Lock()
	defer e.Mu.Unlock()
	fault := e.Called(r)
	g := e.Bearer(r)
	o := e.orgByID(r.Header.Get("Xero-Tenant-Id"))
	switch {
	case g == nil || fault == emulator.Unauthorised:
		reply(w, http.StatusUnauthorized, map[string]any{"Title": "Unauthorized", "Status": 401, "Detail": "TokenExpired"})
		return
	case o == nil || !slices.ContainsFunc(g.Is.connections, func(c connection) bool { return c.org == o.id }):
		reply(w, http.StatusForbidden, map[string]any{"Title": "Forbidden", "Status": 403, "Detail": "AuthenticationUnsuccessful"})
		return
	case !strings.Contains(r.Header.Get("Accept"), "application/json"):
		http.Error(w, "<Response/>", http.StatusOK)
		return
	case !e.limit(w, o):
		return
	}
	switch fault {
	case emulator.TooMany:
		w.Header().Set("Retry-After", "7")
		w.Header().Set("X-Rate-Limit-Problem", "minute")
		w.WriteHeader(http.StatusTooManyRequests)
		return
	case emulator.Broken:
		reply(w, http.StatusInternalServerError, map[string]string{"Message": "A non validation error occurred"})
		return
	case emulator.Away:
		http.Error(w, "The Organisation is offline", http.StatusServiceUnavailable)
		return
	case emulator.Page:
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<html><title>Xero | Scheduled maintenance</title></html>")
		return
	}
	emulator.Answer(w, fault, func(w http.ResponseWriter) { e.route(w, r, o, body, fault) })
}

func (e *Emulator) route(w http.ResponseWriter, r *http.Request, o *org, body []byte, fault emulator.Fault) {
	path := strings.TrimPrefix(r.URL.Path, "/api.xro/2.0")
	id, one := strings.CutPrefix(path, "/Contacts/")
	switch {
	case r.Method == http.MethodGet && path == "/Organisation":
		reply(w, http.StatusOK, map[string]any{"Organisations": []map[string]string{{"Name": o.name, "CountryCode": o.country, "BaseCurrency": o.currency, "ShortCode": o.shortCode}}})
	case r.Method == http.MethodGet && path == "/Contacts":
		e.listContacts(w, r, o, fault)
	case r.Method == http.MethodGet && path == "/Invoices":
		e.listInvoices(w, r, o)
	case r.Method == http.MethodPut && path == "/Contacts":
		e.write(w, r, body, func() { e.writeContact(w, r, o, body, "") })
	case r.Method == http.MethodPost && one:
		e.write(w, r, body, func() { e.writeContact(w, r, o, body, id) })
	default:
		http.NotFound(w, r)
	}
}

// write answers a repeated Idempotency-Key as the first time, for six minutes.
func (e *Emulator) write(w http.ResponseWriter, r *http.Request, body []byte, do func()) {
	key := r.Header.Get("Idempotency-Key")
	sum := sha256.Sum256(append([]byte(r.Method+r.URL.Path), body...))
	if was, ok := e.written[key]; ok && key != "" && e.Now().Sub(was.at) < 6*time.Minute {
		if was.sum != sum {
			reply(w, http.StatusBadRequest, map[string]string{"Type": "ValidationException", "Message": "Idempotency-Key was used with another request"})
			return
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(was.status)
		_, _ = w.Write(was.body)
		return
	}
	do()
	recorded := w.(*httptest.ResponseRecorder)
	e.written[key] = written{sum, e.Now(), recorded.Code, bytes.Clone(recorded.Body.Bytes())}
}

// paged applies what lists have in common: what was changed since, ids, order, pages.
func paged[T any](e *Emulator, w http.ResponseWriter, r *http.Request, list []*T, changed func(*T) time.Time, id func(*T) string, key string) {
	q := r.URL.Query()
	if text := r.Header.Get("If-Modified-Since"); text != "" {
		since, err := time.Parse("2006-01-02T15:04:05", strings.TrimSuffix(text, "Z"))
		if err != nil {
			reply(w, http.StatusBadRequest, map[string]string{"Message": "If-Modified-Since"})
			return
		}
		list = slices.DeleteFunc(slices.Clone(list), func(item *T) bool { return changed(item).Truncate(time.Second).Before(since) })
	}
	if ids := q.Get("IDs"); ids != "" {
		list = slices.DeleteFunc(slices.Clone(list), func(item *T) bool { return !has(ids, id(item)) })
	}
	list = append([]*T{}, list...)
	if q.Get("order") == "UpdatedDateUTC ASC" {
		slices.SortStableFunc(list, func(a, b *T) int { return changed(a).Compare(changed(b)) })
	}
	size, most := 100, 1000
	if e.PageSize > 0 {
		size, most = e.PageSize, e.PageSize
	}
	if n, err := strconv.Atoi(q.Get("pageSize")); err == nil && n > 0 {
		size = min(n, most)
	}
	page, err := strconv.Atoi(q.Get("page"))
	if err != nil || page < 1 {
		reply(w, http.StatusBadRequest, map[string]string{"Message": "page"})
		return
	}
	from := min(len(list), (page-1)*size)
	count := (len(list) + size - 1) / size
	reply(w, http.StatusOK, map[string]any{key: list[from:min(len(list), from+size)],
		"pagination": map[string]int{"page": page, "pageSize": size, "pageCount": count, "itemCount": len(list)}})
}

func (e *Emulator) listContacts(w http.ResponseWriter, r *http.Request, o *org, fault emulator.Fault) {
	list := o.contacts
	if r.URL.Query().Get("includeArchived") != "true" {
		list = slices.DeleteFunc(slices.Clone(list), func(c *Contact) bool { return c.ContactStatus == "ARCHIVED" })
	}
	if term := r.URL.Query().Get("searchTerm"); term != "" {
		list = slices.DeleteFunc(slices.Clone(list), func(c *Contact) bool { return !strings.Contains(c.Name+"\n"+c.ContactNumber+"\n"+c.EmailAddress, term) })
	}
	if fault == Repeat {
		r.Header.Del("If-Modified-Since")
	}
	paged(e, w, r, list, func(c *Contact) time.Time { return c.Updated }, func(c *Contact) string { return c.ContactID }, "Contacts")
}

func (e *Emulator) listInvoices(w http.ResponseWriter, r *http.Request, o *org) {
	list := o.invoices
	if ids := r.URL.Query().Get("ContactIDs"); ids != "" {
		list = slices.DeleteFunc(slices.Clone(list), func(i *Invoice) bool { return !has(ids, i.ContactID) })
	}
	paged(e, w, r, list, func(i *Invoice) time.Time { return i.Updated }, func(i *Invoice) string { return i.InvoiceID }, "Invoices")
}

// writeContact makes or changes one contact. Lists are replaced whole.
func (e *Emulator) writeContact(w http.ResponseWriter, r *http.Request, o *org, body []byte, id string) {
	var in struct{ Contacts []json.RawMessage }
	if err := json.Unmarshal(body, &in); err != nil || len(in.Contacts) != 1 {
		reply(w, http.StatusBadRequest, map[string]string{"Type": "PostDataInvalidException", "Message": "No data"})
		return
	}
	c := &Contact{ContactStatus: "ACTIVE"}
	if id != "" {
		had := e.find(o, id)
		if had == nil {
			http.NotFound(w, r)
			return
		}
		copied := *had
		copied.Addresses, copied.Phones = slices.Clone(had.Addresses), slices.Clone(had.Phones)
		c = &copied
	}
	var lists struct{ Addresses, Phones json.RawMessage }
	if _ = json.Unmarshal(in.Contacts[0], &lists); lists.Addresses != nil {
		c.Addresses = nil // replaced whole
	}
	if lists.Phones != nil {
		c.Phones = nil
	}
	if err := json.Unmarshal(in.Contacts[0], c); err != nil {
		reply(w, http.StatusBadRequest, map[string]string{"Type": "PostDataInvalidException", "Message": err.Error()})
		return
	}
	if problem := o.validate(c); problem != "" {
		e.invalid(w, r, problem)
		return
	}
	kind := "UPDATE"
	if id == "" {
		c.ContactID, kind = newID(), "CREATE"
	}
	c.Updated = e.Tick()
	o.put(c)
	e.note(o, "CONTACT", kind, c.ContactID)
	defer func() { go e.Tell() }()
	reply(w, http.StatusOK, map[string]any{"Id": newID(), "Status": "OK", "Contacts": []any{c}})
}

func (e *Emulator) find(o *org, id string) *Contact {
	for _, c := range o.contacts {
		if c.ContactID == id {
			return c
		}
	}
	return nil
}

func (o *org) validate(c *Contact) string {
	switch {
	case strings.TrimSpace(c.Name) == "":
		return "The Contact Name cannot be empty."
	case len([]rune(c.Name)) > 255:
		return "The value in the field is too long (maximum length is 255 characters)"
	case strings.ContainsAny(c.Name, "<>") || c.Name != strings.Join(strings.Fields(c.Name), " "):
		return "The Contact Name contains invalid characters."
	case c.EmailAddress != "" && !strings.Contains(c.EmailAddress, "@"):
		return "Email address must be valid."
	}
	for _, a := range c.Addresses {
		if strings.ContainsFunc(a.Country, func(r rune) bool { return !unicode.IsLetter(r) && r != ' ' }) {
			return "Country must contain letters only"
		}
	}
	for _, other := range o.contacts {
		switch {
		case other.ContactID == c.ContactID || other.ContactStatus != "ACTIVE":
		case strings.EqualFold(other.Name, c.Name):
			return fmt.Sprintf("The contact name %s is already assigned to another contact. The contact name must be unique across all active contacts.", c.Name)
		case c.ContactNumber != "" && other.ContactNumber == c.ContactNumber:
			return "The Contact Number already exists. Please enter a different Contact Number."
		}
	}
	return ""
}

// invalid answers as Xero does: 400, or with summarizeErrors=false 200 and the error in
// the element.
func (e *Emulator) invalid(w http.ResponseWriter, r *http.Request, problem string) {
	element := map[string]any{"HasValidationErrors": true, "StatusAttributeString": "ERROR", "ValidationErrors": []map[string]string{{"Message": problem}}}
	if r.URL.Query().Get("summarizeErrors") == "false" {
		reply(w, http.StatusOK, map[string]any{"Contacts": []any{element}})
		return
	}
	reply(w, http.StatusBadRequest, map[string]any{"ErrorNumber": 10, "Type": "ValidationException", "Message": "A validation exception occurred", "Elements": []any{element}})
}
