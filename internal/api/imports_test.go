package api_test

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http/httptest"
	"strings"
	"testing"

	"parley/internal/crm"
)

// upload brings a file.
func (c *client) upload(name, text string) answer {
	c.h.t.Helper()
	return c.uploadTo("/imports", name, text)
}

// uploadTo brings a file to a path.
func (c *client) uploadTo(path, name, text string) answer {
	c.h.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, _ := form.CreateFormFile("file", name)
	_, _ = part.Write([]byte(text))
	_ = form.Close()
	return c.with("Content-Type", form.FormDataContentType()).send("POST", path, body.Bytes())
}

// work does what is to be done at imports, as the jobs would.
func (h *house) work(business crm.ID) {
	h.t.Helper()
	waiting := h.waiting
	h.waiting = nil
	for _, id := range waiting {
		if err := h.imports.Finish(h.t.Context(), business, id); err != nil {
			h.t.Fatal(err)
		}
	}
}

func TestImport(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		admin := h.as(h.admin)
		there := h.contact("Priya", "+447400123456", J{"last_name": "Shah"})
		file := "List of customers\n\nVorname;Nachname;Telefon;E-Mail;Firma\nPriya;Shah;07400 123456;priya@shah.example;Shah & Co\n" +
			"Tom;Reed;07400 123457;;\nTom;Reed;07400 123457;tom@reed.example;\nNo;Body;;;\n\n"
		made := admin.upload("liste.csv", file).want(201)
		for field, want := range map[string]any{"status": "mapping", "encoding": "utf-8", "delimiter": ";", "header_line": 3.0, "rows": 4.0, "missing": []any{}, "existing": "fill", "country": "GB"} {
			if got := made.at(field); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s is %v, want %v", field, got, want)
			}
		}
		if made.str("columns", 0, "field") != "first_name" || made.str("columns", 0, "header") != "Vorname" || made.str("columns", 2, "samples", 0) != "07400 123456" {
			t.Errorf("columns: %s", made.body)
		}
		at := "/imports/" + made.str("id")
		admin.patch(at, J{"mapping": J{"0": "ignore"}}).want(200)
		if got := admin.post(at+"/start", J{}).refused(422, "invalid"); got.str("errors", 0, "code") != "first_name_required" {
			t.Errorf("start without a first name: %s", got.body)
		}
		admin.patch(at, J{"mapping": J{"0": "full_name"}}).want(200)
		admin.patch(at, J{"mapping": J{"0": "nonsense"}}).refused(422, "invalid")
		for _, key := range []string{"00", "+0", "-1", " 0", "x", "99"} { // a column has one name
			admin.patch(at, J{"mapping": J{key: "email"}}).refused(422, "invalid").field("mapping", "unknown_column")
		}
		admin.patch(at, J{"country": "XX"}).refused(422, "invalid")
		admin.patch(at, J{"mapping": J{"0": "first_name"}, "existing": "fill"}).want(200)
		admin.post(at+"/start", J{}).refused(409, "wrong_status")
		admin.post(at+"/preview", J{}).want(202)
		h.work(h.admin.business)
		counts := func() string {
			got := admin.get(at).want(200)
			return fmt.Sprint(got.str("status"), got.at("counts", "create"), got.at("counts", "update"), got.at("counts", "same_in_file"), got.at("counts", "refused"), got.at("done"))
		}
		for _, outcome := range []string{"create", "same_in_file"} { // nobody is there yet (contract)
			admin.get(at+"/rows?outcome="+outcome).want(200).is("", "items", 0, "contact_id")
		}
		if got := counts(); got != "previewed1 1 1 1 0" {
			t.Errorf("preview: %s", got)
		}
		row := admin.get(at + "/rows?outcome=update").want(200)
		if row.at("items", 0, "line") != 4.0 || row.str("items", 0, "contact_id") != there || row.str("items", 0, "fields", "phone") != "+447400123456" {
			t.Errorf("update: %s", row.body)
		}
		if got := admin.get(at + "/rows?outcome=create").want(200); got.str("items", 0, "contact_id") != "" {
			t.Errorf("a contact before the run: %s", got.body)
		}
		if got := admin.get(at + "/rows?q=NO").want(200); got.at("items", 0, "line") != 7.0 {
			t.Errorf("search: %s", got.body)
		}
		admin.post(at+"/start", J{}).want(202)
		admin.post(at+"/start", J{}).refused(409, "wrong_status")
		h.work(h.admin.business)
		if got := counts(); got != "done1 1 1 1 4" {
			t.Errorf("run: %s", got)
		}
		tom := admin.get(at+"/rows?outcome=create").want(200).str("items", 0, "contact_id")
		if got := admin.get("/contacts/" + tom).want(200); got.str("email") != "tom@reed.example" || got.str("source") != "import" {
			t.Errorf("Tom: %s", got.body)
		}
		if got := admin.get("/contacts/" + there).want(200); got.str("business_name") != "Shah & Co" || got.str("email") != "priya@shah.example" {
			t.Errorf("Priya: %s", got.body)
		}
		history := admin.get("/contacts/" + there + "/history").want(200)
		if history.str("items", 0, "by") != "Import of liste.csv" || history.str("items", 0, "note") != "Line 4" {
			t.Errorf("history: %s", history.body)
		}
		refused := admin.get(at + "/refused.csv").want(200)
		if !strings.Contains(refused.body, "No,Body,,,,Line 7: ") {
			t.Errorf("refused: %q", refused.body)
		}
		again := admin.upload("again.csv", file).want(201)
		if again.str("same_file", "id") != made.str("id") {
			t.Errorf("the same file: %s", again.body)
		}
		h.as(h.agent("ana@acme.example")).post(at+"/undo", J{}).want(403)
		admin.with("If-Match", `"2"`).patch("/contacts/"+there, J{"business_name": "Shah Ltd"}).want(200)
		if got := admin.get(at + "/undo").want(200); got.at("deleted") != 1.0 || got.str("kept", 0) != there {
			t.Errorf("what undoing would do: %s", got.body)
		}
		undone := admin.post(at+"/undo", J{}).want(200)
		if undone.at("deleted") != 1.0 || undone.str("kept", 0) != there || undone.str("status") != "undone" {
			t.Errorf("undo: %s", undone.body)
		}
		admin.get("/contacts/" + tom).want(404)
		if got := admin.get("/contacts/" + there).want(200); got.str("business_name") != "Shah Ltd" || got.str("email") != "" || got.str("phone") != "+447400123456" {
			t.Errorf("Priya after undoing: %s", got.body)
		}
		admin.post(at+"/undo", J{}).refused(409, "already_undone")
	})
}

// cut is a body that ends before it should.
type cut struct{ io.Reader }

func (c cut) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// TestImportsRefuseFiles: what cannot be read is a 4xx with a code, and leaves nothing.
func TestImportsRefuseFiles(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		admin := h.as(h.admin)
		before := h.rows()
		admin.upload("empty.csv", "").refused(422, "empty_file")
		admin.upload("binary.csv", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR").refused(422, "not_csv")
		wide := admin.upload("wide.csv", strings.Repeat("a,", 600)+"\n"+strings.Repeat("b,", 600)+"\n").refused(422, "too_many_columns")
		if wide.at("line") != 1.0 {
			t.Errorf("no line: %s", wide.body)
		}
		admin.upload("large.csv", strings.Repeat("First,Last\n", 150_000)).refused(422, "file_too_large")
		if got := admin.upload("huge.csv", strings.Repeat("First,Last\n", 250_000)); got.status != 413 {
			t.Errorf("huge: %d %s", got.status, got.body)
		}
		admin.send("POST", "/imports", []byte(`{}`)).refused(415, "not_multipart")
		body := "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\nFirst,Last\n" + strings.Repeat("Ann,Lee\n", 90_000)
		r := httptest.NewRequest("POST", "/api/v1/imports", cut{strings.NewReader(body)})
		r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
		r.Header.Set("Authorization", "Bearer "+h.admin.token)
		w := httptest.NewRecorder()
		h.api.ServeHTTP(w, r)
		if w.Code != 400 || !strings.Contains(w.Body.String(), "body_incomplete") {
			t.Errorf("a body that was cut: %d %s", w.Code, w.Body.String())
		}
		h.unchanged(t, before, "files that cannot be read")
		key := admin.with("Idempotency-Key", "once")
		one := key.upload("a.csv", "First,Last,Phone\nAnn,Lee,07400123456\n").want(201)
		if two := key.upload("a.csv", "First,Last,Phone\nAnn,Lee,07400123456\n").want(201); two.str("id") != one.str("id") {
			t.Errorf("the same file with the same key is another import")
		}
		key.upload("a.csv", "First,Last,Phone\nAnn,Lee,07400123457\n").refused(422, "idempotency_mismatch")
	})
}
