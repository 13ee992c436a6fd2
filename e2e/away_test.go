package e2e

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/internal/channel/channeltest"
	"parley/internal/crm"
)

// TestDatabaseAway takes the database away from under a server: it lives, is not ready,
// asks providers to come again, and takes what they bring once the database is back.
func TestDatabaseAway(t *testing.T) {
	t.Parallel()
	i := emptyInstallation(t, "postgres")
	i.found(t)
	meta := channeltest.NewMeta()
	provider := httptest.NewServer(meta)
	t.Cleanup(provider.Close)
	server := i.serve(t, "PARLEY_WHATSAPP_URL="+provider.URL)
	api := client{server, i.token}
	hook := api.channel(t, "whatsapp", meta.Settings())
	item := channeltest.Item{ID: "wamid.1", Text: "are you there?", At: time.Now(), From: crm.Sender{Phone: "447400400001"}}

	i.allow(t, false)
	err := meta.Deliver(t.Context(), server.address()+hook, item)
	var answer *channeltest.Rejected
	if !errors.As(err, &answer) || answer.Status != http.StatusServiceUnavailable {
		t.Errorf("a webhook without a database: %v", err)
	}
	if status := statusOf(server.address() + "/readyz"); status != http.StatusServiceUnavailable {
		t.Errorf("/readyz answers %d", status)
	}
	if status := statusOf(server.address() + "/healthz"); status != http.StatusOK {
		t.Errorf("/healthz answers %d", status)
	}
	var no *refused
	if err := api.call(t.Context(), http.MethodGet, "/contacts", nil, nil); !errors.As(err, &no) || no.Status != http.StatusServiceUnavailable {
		t.Errorf("the API without a database: %v", err)
	}

	i.allow(t, true)
	eventually(t, "the server is ready again", func() (bool, any) {
		status := statusOf(server.address() + "/readyz")
		return status == http.StatusOK, status
	})
	if err := meta.Deliver(t.Context(), server.address()+hook, item); err != nil {
		t.Errorf("the provider's retry: %v", err)
	}
	list := api.conversations(t)
	if len(list) != 1 || len(api.messages(t, list[0].ID)) != 1 {
		t.Errorf("after the retry there are %d conversations", len(list))
	}
	news := follow(t, api)
	next := channeltest.Item{ID: "wamid.2", Text: "good", At: time.Now(), From: item.From}
	if err := meta.Deliver(t.Context(), server.address()+hook, next); err != nil {
		t.Error(err)
	}
	news.wait(t, "message.received") // the listener of the live feed has come back too
	if log := server.logged(); strings.Contains(log, "are you there?") {
		t.Errorf("the log holds the message:\n%s", log)
	}
}

// allow lets connections to the database in, or ends them all and lets none in.
func (i *installation) allow(t *testing.T, yes bool) {
	t.Helper()
	at, err := url.Parse(i.url)
	if err != nil {
		t.Fatal(err)
	}
	name := strings.Trim(at.Path, "/")
	at.Path = "/postgres"
	conn, err := pgx.Connect(t.Context(), at.String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	verb := "false"
	if yes {
		verb = "true"
	}
	if _, err := conn.Exec(t.Context(), "alter database "+name+" allow_connections "+verb); err != nil {
		t.Fatal(err)
	}
	if yes {
		return
	}
	if _, err := conn.Exec(t.Context(), "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", name); err != nil {
		t.Fatal(err)
	}
}
