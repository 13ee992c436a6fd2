package e2e

import (
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// TestAddressBook sets an account up as a telephone does, from the address of the server
// alone, and writes a contact that the API then shows.
func TestAddressBook(t *testing.T) {
	t.Parallel()
	i := emptyInstallation(t, "sqlite")
	i.found(t)
	server := i.serve(t)
	api := client{server, i.token}
	ask := func(method, path, body string, headers ...string) (int, string, http.Header) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, server.address()+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.SetBasicAuth(adminEmail, i.token)
		for n := 0; n < len(headers); n += 2 {
			r.Header.Set(headers[n], headers[n+1])
		}
		answer, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = answer.Body.Close() }()
		text, _ := io.ReadAll(answer.Body)
		return answer.StatusCode, string(text), answer.Header
	}
	status, _, header := ask("PROPFIND", "/.well-known/carddav", "", "Depth", "0")
	if status != http.StatusMovedPermanently {
		t.Fatalf("well-known: %d", status)
	}
	_, text, _ := ask("PROPFIND", header.Get("Location"), "", "Depth", "1")
	home := regexp.MustCompile(`addressbook-home-set><D:href>([^<]+)<`).FindStringSubmatch(text)
	if home == nil {
		t.Fatal(text)
	}
	_, text, _ = ask("PROPFIND", home[1], "", "Depth", "1")
	book := regexp.MustCompile(`<D:href>([^<]+/contacts/)</D:href>`).FindStringSubmatch(text)
	if book == nil {
		t.Fatal(text)
	}
	card := "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:a-1\r\nN:Shah;Priya;;;\r\nFN:Priya Shah\r\nTEL;TYPE=CELL:07400 123456\r\nEND:VCARD\r\n"
	if status, text, _ := ask("PUT", book[1]+"a-1.vcf", card, "Content-Type", "text/vcard", "If-None-Match", "*"); status != http.StatusCreated {
		t.Fatalf("%d %s", status, text)
	}
	if list := all[contact](t, api, "/contacts", nil); len(list) != 1 || list[0].Phone != "+447400123456" {
		t.Errorf("%+v", list)
	}
	if _, text, _ := ask("PROPFIND", book[1], "", "Depth", "1"); !strings.Contains(text, "a-1.vcf") {
		t.Errorf("the card is not listed: %s", text)
	}
	if status, _, _ := ask("GET", "/contacts", ""); status == http.StatusOK {
		t.Error("a token opens pages")
	}
}
