package e2e

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"

	"parley/internal/db"
)

// TestImportOutlivesServer kills the server in the middle of an import. The next one goes
// on with it by itself, and each row is done once.
func TestImportOutlivesServer(t *testing.T) {
	t.Parallel()
	const rows = 3000
	engines(t, func(t *testing.T, i *installation) {
		server := i.serve(t)
		api := client{server, i.token}
		id := api.bringFile(t, func(w io.Writer) {
			_, _ = io.WriteString(w, "First name,Last name,Phone,City\n")
			for n := range rows {
				_, _ = fmt.Fprintf(w, "First,Last%d,07400 %06d,Leeds\n", n, n)
			}
		})
		state := func() (s importState) {
			api.must(t, http.MethodGet, "/imports/"+id, nil, &s)
			return s
		}
		api.must(t, http.MethodPost, "/imports/"+id+"/preview", nil, nil)
		eventually(t, "the preview", func() (bool, any) { s := state(); return s.Status == "previewed", s })
		api.must(t, http.MethodPost, "/imports/"+id+"/start", nil, nil)
		eventually(t, "some rows are written", func() (bool, any) { s := state(); return s.Done > 0, s })
		server.kill()
		i.letHalfAMinutePass(t)
		server.start()
		at := state()
		begun := time.Now()
		if at.Status != "running" || at.Done == 0 || at.Done >= rows {
			t.Fatalf("the server was killed before or after the run: %+v", at)
		}
		eventually(t, "the import goes on by itself", func() (bool, any) { s := state(); return s.Done > at.Done, s })
		waited := time.Since(begun)
		eventually(t, "the end", func() (bool, any) { s := state(); return s.Status == "done", s })
		if s := state(); s.Done != rows || s.Counts["create"] != rows {
			t.Errorf("%+v", s)
		}
		var page struct {
			Count  int  `json:"count"`
			Capped bool `json:"count_capped"`
		}
		api.must(t, http.MethodGet, "/contacts?count=true&limit=1&q=Last2999", nil, &page)
		if page.Count != 1 {
			t.Errorf("the last row is there %d times", page.Count)
		}
		t.Logf("killed after %d of %d rows; went on %s after the restart", at.Done, rows, waited.Round(100*time.Millisecond))
	})
}

// letHalfAMinutePass lets the import count as left: the time when it last moved is put back
// while no server runs. Nothing else is waited for, River's leader least of all.
func (i *installation) letHalfAMinutePass(t *testing.T) {
	t.Helper()
	d := i.open(t)
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		tx.Exec("update import set moved_at = $1 where status = 'running'", time.Now().Add(-30*time.Second))
		return nil
	})
	if err := cmp.Or(err, d.Close()); err != nil {
		t.Fatal(err)
	}
}

type importState struct {
	Status string         `json:"status"`
	Done   int            `json:"done"`
	Counts map[string]int `json:"counts"`
}

// bringFile uploads a CSV and returns the id of its import.
func (c client) bringFile(t testing.TB, write func(io.Writer)) string {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", "people.csv")
	if err != nil {
		t.Fatal(err)
	}
	write(part)
	_ = form.Close()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.server.address()+"/api/v1/imports", &body)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+c.token)
	request.Header.Set("Content-Type", form.FormDataContentType())
	response, err := httpClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, _ := io.ReadAll(response.Body)
	_, rest, ok := strings.Cut(string(answer), `"id":"`)
	if response.StatusCode != http.StatusCreated || !ok {
		t.Fatalf("%d %s", response.StatusCode, answer)
	}
	id, _, _ := strings.Cut(rest, `"`)
	return id
}
