package quickbooksemulator

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"time"

	"parley/internal/connector/emulator"
)

type written struct {
	sum    [32]byte
	status int
	body   []byte
}

// api answers under /v3/company.
func (e *Emulator) api(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	e.Mu.Lock()
	defer e.Mu.Unlock()
	fault := e.Called(r)
	w.Header().Set("intuit_tid", "1-"+emulator.Random(4)+"-"+emulator.Random(12))
	realm, path, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/v3/company/"), "/")
	g, c := e.Bearer(r), e.company(realm)
	switch {
	case g == nil || fault == emulator.Unauthorised:
		fail(w, http.StatusUnauthorized, "AUTHENTICATION", "3200", "message=AuthenticationFailed; errorCode=003200; statusCode=401", "Token expired")
		return
	case c == nil || g.Is.realm != realm:
		fail(w, http.StatusForbidden, "AuthorizationFault", "3100", "message=ApplicationAuthorizationFailed; errorCode=003100; statusCode=403", "Access denied")
		return
	case !strings.Contains(r.Header.Get("Accept"), "application/json"):
		w.Header().Set("Content-Type", "application/xml")
		_, _ = io.WriteString(w, "<IntuitResponse/>")
		return
	case r.URL.Query().Get("minorversion") != "75":
		fail(w, http.StatusBadRequest, "ValidationFault", "2010", "Unsupported minorversion", "Ask for 75")
		return
	case !e.limit(w, c), !broken(w, fault):
		return
	}
	emulator.Answer(w, fault, func(w http.ResponseWriter) { e.route(w, r, c, path, body) })
}

// broken answers with a fault; it answers whether there is none.
func broken(w http.ResponseWriter, fault emulator.Fault) bool {
	switch fault {
	case emulator.TooMany:
		fail(w, http.StatusTooManyRequests, "THROTTLE", "3001", "message=ThrottleExceeded", "The request limit was reached")
	case emulator.Broken:
		fail(w, http.StatusInternalServerError, "SystemFault", "10000", "An application error has occurred", "System Failure Error")
	case emulator.Away:
		http.Error(w, "Service Unavailable", http.StatusServiceUnavailable)
	case emulator.Page:
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<html><title>QuickBooks is having a short break</title></html>")
	case NoAccess:
		fail(w, http.StatusBadRequest, "ValidationFault", "120", "Authorization Failure", "The user does not have access to this company")
	case Ended:
		fail(w, http.StatusBadRequest, "ValidationFault", "6190", "Subscription period has ended or canceled", "You can't add data to QuickBooks Online because your trial or subscription period ended")
	default:
		return true
	}
	return false
}

func (e *Emulator) route(w http.ResponseWriter, r *http.Request, c *company, path string, body []byte) {
	now := e.Now().Format(timeForm)
	id, one := strings.CutPrefix(path, "customer/")
	switch {
	case r.Method == http.MethodGet && path == "companyinfo/"+c.realm:
		reply(w, http.StatusOK, map[string]any{"CompanyInfo": map[string]string{"CompanyName": c.name, "Country": c.country, "Id": "1"}, "time": now})
	case r.Method == http.MethodGet && path == "preferences":
		reply(w, http.StatusOK, map[string]any{"Preferences": map[string]any{"CurrencyPrefs": map[string]any{"MultiCurrencyEnabled": c.several, "HomeCurrency": Ref{Value: c.currency}}}, "time": now})
	case r.Method == http.MethodGet && path == "query":
		e.query(w, c, r.URL.Query().Get("query"))
	case r.Method == http.MethodGet && path == "cdc":
		e.cdc(w, r, c)
	case r.Method == http.MethodGet && one:
		if k := c.customer(id); k != nil {
			reply(w, http.StatusOK, map[string]any{"Customer": k, "time": now})
			return
		}
		notFound(w)
	case r.Method == http.MethodPost && path == "customer":
		e.once(w, r, body, func() { e.writeCustomer(w, r, c, body) })
	default:
		http.NotFound(w, r)
	}
}

func notFound(w http.ResponseWriter) {
	fail(w, http.StatusBadRequest, "ValidationFault", "610", "Object Not Found", "Object Not Found : Something you're trying to use has been made inactive. Check the fields with accounts, customers, items, vendors or employees.")
}

// once answers a repeated requestid as the first time.
func (e *Emulator) once(w http.ResponseWriter, r *http.Request, body []byte, do func()) {
	key := r.URL.Query().Get("requestid")
	if len(key) > 50 {
		fail(w, http.StatusBadRequest, "ValidationFault", "2050", "String length is too long", "requestid: 50")
		return
	}
	key, sum := r.URL.Path+" "+key, sha256.Sum256(body)
	if was, ok := e.written[key]; ok && was.sum == sum {
		w.Header().Set("Content-Type", "application/json;charset=UTF-8")
		w.WriteHeader(was.status)
		_, _ = w.Write(was.body)
		return
	}
	do()
	if recorded := w.(*httptest.ResponseRecorder); recorded.Code == http.StatusOK && !strings.HasSuffix(key, " ") {
		e.written[key] = written{sum, recorded.Code, bytes.Clone(recorded.Body.Bytes())}
	}
}

// cdc answers with what changed since a time, deleted ones as stubs.
func (e *Emulator) cdc(w http.ResponseWriter, r *http.Request, c *company) {
	since, err := time.Parse(time.RFC3339, r.URL.Query().Get("changedSince"))
	if err != nil || e.Now().Sub(since) > 30*24*time.Hour {
		fail(w, http.StatusBadRequest, "ValidationFault", "2040", "Invalid changedSince", "Look back at most 30 days")
		return
	}
	entities := strings.Split(r.URL.Query().Get("entities"), ",")
	lists := []map[string]any{}
	for _, entity := range entities {
		var rows []any
		switch entity {
		case "Customer":
			for _, k := range c.customers {
				if !k.Updated.Before(since) {
					rows = append(rows, k)
				}
			}
		case "Invoice":
			for _, i := range c.invoices {
				if !i.Updated.Before(since) {
					rows = append(rows, i)
				}
			}
		default:
			fail(w, http.StatusBadRequest, "ValidationFault", "2040", "Invalid entity", entity)
			return
		}
		for _, s := range c.stubs {
			if s.entity == entity && !s.at.Before(since) {
				rows = append(rows, map[string]any{"domain": "QBO", "status": "Deleted", "Id": s.id, "MetaData": map[string]string{"LastUpdatedTime": zoned(s.at)}})
			}
		}
		list := map[string]any{}
		if rows = rows[:min(len(rows), e.Most)]; len(rows) > 0 {
			list = map[string]any{entity: rows, "startPosition": 1, "maxResults": len(rows), "totalCount": len(rows)}
		}
		lists = append(lists, list)
	}
	reply(w, http.StatusOK, map[string]any{"CDCResponse": []any{map[string]any{"QueryResponse": lists}}, "time": e.Now().Format(timeForm)})
}

// fields are those of a customer that can be written, with the length of texts.
var fields = map[string]int{"Id": 0, "SyncToken": 0, "sparse": 0, "Active": 0, "GivenName": 100, "MiddleName": 100, "FamilyName": 100, "CompanyName": 100, "DisplayName": 500,
	"PrimaryEmailAddr": 0, "PrimaryPhone": 0, "AlternatePhone": 0, "Mobile": 0, "Fax": 0, "BillAddr": 0, "ShipAddr": 0, "Notes": 2000}

// writeCustomer makes or changes a customer. Without sparse, what is not sent is cleared.
func (e *Emulator) writeCustomer(w http.ResponseWriter, r *http.Request, c *company, body []byte) {
	var sent map[string]json.RawMessage
	if err := json.Unmarshal(body, &sent); err != nil || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		fail(w, http.StatusBadRequest, "ValidationFault", "2010", "Request has invalid or unsupported property", "No JSON")
		return
	}
	for name := range sent {
		if _, known := fields[name]; !known {
			fail(w, http.StatusBadRequest, "ValidationFault", "2010", "Request has invalid or unsupported property", "Property Name:"+name+" specified is unsupported or invalid")
			return
		}
	}
	var is struct {
		ID        string `json:"Id"`
		SyncToken string
		Sparse    bool `json:"sparse"`
	}
	_ = json.Unmarshal(body, &is)
	k := &Customer{Active: true}
	if is.ID != "" {
		had := c.customer(is.ID)
		switch {
		case had == nil || !had.Active:
			notFound(w)
			return
		case had.SyncToken != is.SyncToken:
			fail(w, http.StatusBadRequest, "ValidationFault", "5010", "Stale Object Error", "Stale Object Error : You and someone else were working on this at the same time. The other one finished before you did, so your work was not saved.")
			return
		}
		if is.Sparse {
			copied := *had
			for name := range sent { // a part is taken whole
				switch name {
				case "PrimaryEmailAddr":
					copied.PrimaryEmailAddr = nil
				case "PrimaryPhone":
					copied.PrimaryPhone = nil
				case "AlternatePhone":
					copied.AlternatePhone = nil
				case "Mobile":
					copied.Mobile = nil
				case "Fax":
					copied.Fax = nil
				case "BillAddr":
					copied.BillAddr = nil
				case "ShipAddr":
					copied.ShipAddr = nil
				}
			}
			k = &copied
		}
	}
	if err := json.Unmarshal(body, k); err != nil {
		fail(w, http.StatusBadRequest, "ValidationFault", "2010", "Request has invalid or unsupported property", err.Error())
		return
	}
	k.tidy()
	if code, message := c.validate(k); code != "" {
		detail := message
		if code == "6240" {
			detail = "The name supplied already exists. : " + k.DisplayName
		}
		fail(w, http.StatusBadRequest, "ValidationFault", code, message, detail)
		return
	}
	operation := e.put(c, k)
	e.note(c, event{entity: "Customer", operation: operation, id: k.ID})
	defer func() { go e.Tell() }()
	reply(w, http.StatusOK, map[string]any{"Customer": k, "time": e.Now().Format(timeForm)})
}

// tidy leaves empty parts out, as QuickBooks does.
func (k *Customer) tidy() {
	for _, p := range []**Phone{&k.PrimaryPhone, &k.AlternatePhone, &k.Mobile, &k.Fax} {
		if *p != nil && (*p).FreeFormNumber == "" {
			*p = nil
		}
	}
	if k.PrimaryEmailAddr != nil && k.PrimaryEmailAddr.Address == "" {
		k.PrimaryEmailAddr = nil
	}
	for _, a := range []**Address{&k.BillAddr, &k.ShipAddr} {
		if *a != nil && (**a == Address{} || **a == Address{ID: (*a).ID}) {
			*a = nil
		}
	}
	k.DisplayName = strings.TrimSpace(or(k.DisplayName, strings.Join(strings.Fields(k.GivenName+" "+k.MiddleName+" "+k.FamilyName), " ")))
}

func (c *company) validate(k *Customer) (code, message string) {
	for name, text := range map[string]string{"GivenName": k.GivenName, "MiddleName": k.MiddleName, "FamilyName": k.FamilyName, "CompanyName": k.CompanyName, "DisplayName": k.DisplayName} {
		if len([]rune(text)) > fields[name] {
			return "2050", "String length is too long: " + name
		}
	}
	for _, p := range []*Phone{k.PrimaryPhone, k.AlternatePhone, k.Mobile, k.Fax} {
		if p != nil && len(p.FreeFormNumber) > 30 {
			return "2050", "String length is too long: FreeFormNumber"
		}
	}
	switch {
	case k.DisplayName == "":
		return "2020", "Required param missing: one of the names or DisplayName is needed"
	case strings.ContainsAny(k.DisplayName, ":\t\n"):
		return "6000", "A business validation error has occurred: the name contains a colon, a tab or a line break"
	case k.PrimaryEmailAddr != nil && (len(k.PrimaryEmailAddr.Address) > 100 || !strings.Contains(k.PrimaryEmailAddr.Address, "@")):
		return "2210", "Invalid Email Address format"
	}
	taken := slices.ContainsFunc(c.others, func(name string) bool { return strings.EqualFold(name, k.DisplayName) }) ||
		slices.ContainsFunc(c.customers, func(other *Customer) bool {
			return other.ID != k.ID && strings.EqualFold(other.DisplayName, k.DisplayName)
		})
	if taken {
		return "6240", "Duplicate Name Exists Error"
	}
	return "", ""
}
