package contacts_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parley/internal/app/apptest"
	"parley/internal/app/contacts"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/db/dbtest"
	"parley/internal/store"
)

var update = flag.Bool("update", false, "write the golden files anew")

const hostile = `<script>alert(1)</script> "; DROP, \ END:VCARD`

// written is a dossier in a format.
func written(t *testing.T, w *apptest.World, id crm.ID, format string) string {
	t.Helper()
	f, ok := contacts.DossierFormatOf(format)
	if !ok {
		t.Fatalf("no format %q", format)
	}
	d, err := w.Contacts.Dossier(t.Context(), w.M, id)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := f.Write(d, &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// person is somebody of whom there is something of every kind.
func person(t *testing.T, w *apptest.World) *crm.Contact {
	t.Helper()
	tag := w.Tag(t, "Gold, old")
	d := apptest.Draft("Zoë", hostile, "07400 777888", "Zoe@Quill.example")
	d.Fields[crm.Notes] = "Likes tea;\nnot coffee. A long line that an address book would have to fold, with ünïcödé in it: ☕☕☕☕☕☕☕☕☕☕☕☕☕☕☕☕☕☕☕☕"
	d.Fields[crm.ContactStreet], d.Fields[crm.ContactCity] = "1 High St\nFlat 2", "Leeds"
	d.Fields[crm.BillingCity] = "York"
	d.Tags = &[]crm.ID{tag.ID}
	c, err := w.Contacts.Put(t.Context(), w.M, d)
	if err != nil {
		t.Fatal(err)
	}
	w.Receive(t, w.SMS, w.Text("+447400777888", "Hello "+hostile))
	err = w.DB.Write(t.Context(), func(tx *db.Tx) error {
		store.OptOut(tx, w.M.BusinessID, c.ID, crm.SMS, w.Now(), "message", "STOP")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	invoice(t, w, c, "INV-7")
	twin := w.Put(t, "Zoe", "Twin", "07400 777999", "")
	mergeTwo(t, w, twin.ID, c.ID)
	return c
}

var (
	ids      = regexp.MustCompile(`\b[0-9a-v]{26}\b`)
	dossiers = []string{"vcard", "html"}
)

// C10: a dossier for people and one for address books, as they have always been.
func TestDossierGolden(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		c := person(t, w)
		for _, format := range dossiers {
			got := ids.ReplaceAllString(written(t, w, c.ID, format), "ID")
			path := filepath.Join("testdata", "dossier."+format)
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("differs from %s (go test -update writes it anew):\n%s", path, diff)
			}
		}
	})
}

// C10: the page holds no markup but its own, and what it looks like is allowed by its
// policy, which allows nothing else.
func TestDossierPageIsSafe(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		page := written(t, w, person(t, w).ID, "html")
		if strings.Contains(page, "<script") || strings.Contains(page, "src=") || strings.Contains(page, "href=") {
			t.Error("the page runs or loads something")
		}
		style := page[strings.Index(page, "<style>")+len("<style>") : strings.Index(page, "</style>")]
		f, _ := contacts.DossierFormatOf("html")
		if want := contacts.StyleHash(style); !strings.Contains(f.Policy, want) {
			t.Errorf("%s does not allow its style, %s", f.Policy, want)
		}
	})
}

// C10, M7: every line of a card is one that we began, however hostile the texts.
func TestCardLines(t *testing.T) {
	c := &crm.Contact{FirstName: "A\r\nTEL:1", LastName: hostile + "\nNOTE:x", Notes: strings.Repeat("é\n", 100)}
	card := contacts.VCard(c)
	for _, line := range strings.Split(strings.TrimSuffix(card, "\r\n"), "\r\n") {
		name, _, _ := strings.Cut(strings.TrimPrefix(line, "item1."), ":")
		name, _, _ = strings.Cut(name, ";")
		if !strings.HasPrefix(line, " ") && !strings.Contains("|BEGIN|VERSION|PRODID|X-PARLEY-ID|UID|N|FN|NOTE|REV|END|", "|"+name+"|") {
			t.Errorf("a line nobody began: %q", line)
		}
		if len(line) > 75 {
			t.Errorf("%d bytes: %q", len(line), line)
		}
	}
	if strings.Count(strings.ReplaceAll(card, "\r\n ", ""), "é\\n") != 100 {
		t.Error("folding lost something")
	}
}

// C10: the JSON holds all there is, however long, in order, and each thing once.
func TestDossierJSON(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		c := person(t, w)
		const many = 450 // more than two pages
		var items []crm.Inbound
		for n := range many {
			items = append(items, w.Text("+447400777888", fmt.Sprintf("number %d", n)))
		}
		w.Receive(t, w.WhatsApp, items...)
		err := w.DB.Write(t.Context(), func(tx *db.Tx) error {
			return store.AddUnfiled(tx, store.Unfiled{BusinessID: w.M.BusinessID, ID: crm.NewID(w.Now()), ChannelID: w.SMS.ID, Reason: "failed", Sender: "+447400777888", Text: "lost", At: w.Now()})
		})
		if err != nil {
			t.Fatal(err)
		}
		var got struct {
			Format  string
			Contact struct {
				LastName   string `json:"last_name"`
				Tags       []string
				Identities []struct{ Value, Entered string }
				OptOuts    []struct{ Family, Wording string } `json:"opt_outs"`
			}
			Conversations []struct {
				ID       string
				Messages []struct{ ID, Text, Direction string }
			}
			Invoices []struct{ Number string }
			History  []struct {
				Type string
				By   string
			}
			Merges []struct {
				Gone *struct{ Identities []struct{ Value string } }
			}
			Unfiled []struct{ Text string }
			NotSame []any `json:"not_the_same_person"`
		}
		text := written(t, w, c.ID, "json")
		if err := json.Unmarshal([]byte(text), &got); err != nil {
			t.Fatalf("%v: %.500s", err, text)
		}
		if got.Contact.LastName != c.LastName || len(got.Contact.Identities) != 3 || got.Contact.Tags[0] != "Gold, old" ||
			len(got.Contact.OptOuts) != 1 || got.Contact.OptOuts[0].Wording != "STOP" || got.Invoices[0].Number != "INV-7" ||
			got.Merges[0].Gone.Identities[0].Value != "+447400777999" || got.Unfiled[0].Text != "lost" || got.NotSame == nil {
			got.Conversations = nil
			t.Errorf("%+v", got)
		}
		seen := map[string]bool{}
		n := 0
		for _, m := range got.Conversations[0].Messages {
			if seen[m.ID] {
				t.Errorf("%s twice", m.ID)
			}
			seen[m.ID] = true
			if strings.HasPrefix(m.Text, "number ") {
				if m.Text != fmt.Sprintf("number %d", n) {
					t.Fatalf("%q in place %d", m.Text, n)
				}
				n++
			}
		}
		if n != many || len(seen) != many+1 {
			t.Errorf("%d of %d messages, %d in all", n, many, len(seen))
		}
		if last := got.History[len(got.History)-1]; last.Type != "contact.exported" || last.By != "M" {
			t.Errorf("the last entry is %+v", last)
		}
	})
}

// C10, V2: admins alone, of whom they see, and without the conversations they do not.
func TestDossierVisibility(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		c := w.Put(t, "Priya", "Shah", "07400 777888", "")
		w.Receive(t, w.SMS, w.Text("+447400777888", "for A alone"))
		open := w.Conversations(t, w.M, store.ViewOpen)[0]
		if _, err := w.Inbox.SetVisibility(t.Context(), w.M, open.ID, crm.Visibility{Mode: crm.Chosen, UserIDs: []crm.ID{w.A.UserID}}); err != nil {
			t.Fatal(err)
		}
		_, err := w.Contacts.Dossier(t.Context(), w.A, c.ID)
		refused(t, err, crm.Forbidden)
		for _, format := range []string{"json", "html"} {
			if text := written(t, w, c.ID, format); strings.Contains(text, "for A alone") || strings.Contains(text, open.ID.String()) {
				t.Errorf("%s shows a hidden conversation", format)
			}
		}
		d := crm.Draft{ID: c.ID, Visibility: &crm.Visibility{Mode: crm.Chosen, UserIDs: []crm.ID{w.A.UserID}}}
		if _, err := w.Contacts.Put(t.Context(), w.M, d); err != nil {
			t.Fatal(err)
		}
		_, err = w.Contacts.Dossier(t.Context(), w.M, c.ID)
		refused(t, err, crm.NotFound)
	})
}

// C10: a file that breaks off says so.
func TestDossierBreaksOff(t *testing.T) {
	w := apptest.New(t, dbtest.NewSQLite(t))
	c := person(t, w)
	ctx, cancel := context.WithCancel(t.Context())
	d, err := w.Contacts.Dossier(ctx, w.M, c.ID)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	for _, f := range contacts.DossierFormats {
		var b bytes.Buffer
		if err := f.Write(d, &b); f.Name != "vcard" && !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", f.Name, err)
		}
	}
}
