package e2e

import (
	"context"
	"encoding/json"
	"path/filepath"
	"testing"

	"parley/internal/db"
	"parley/internal/db/dbtest"
)

// installation is a database of its own with one business in it, and the flags that lead
// there.
type installation struct {
	engine string
	data   string // the data folder
	url    string // of PostgreSQL
	flags  []string
	token  string // of the admin
	user   string // the admin's id
}

const (
	adminEmail    = "boss@firm.example"
	adminPassword = "a long pass phrase"
)

// engines runs a test once on each engine, side by side.
func engines(t *testing.T, f func(t *testing.T, i *installation)) {
	for _, engine := range dbtest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			i := emptyInstallation(t, engine)
			i.found(t)
			f(t, i)
		})
	}
}

// emptyInstallation has a database without even a schema.
func emptyInstallation(t testing.TB, engine string) *installation {
	t.Helper()
	i := &installation{engine: engine, data: filepath.Join(t.TempDir(), "data")}
	i.flags = []string{"--data", i.data}
	if engine == "postgres" {
		i.url = dbtest.PostgresURL(t, false)
		i.flags = append(i.flags, "--database", i.url)
	}
	return i
}

// found makes the business, by the command.
func (i *installation) found(t testing.TB) {
	t.Helper()
	args := append([]string{"business", "add", "--name", "Firm", "--country", "GB", "--admin-name", "Boss",
		"--admin-email", adminEmail, "--admin-password-stdin", "--json"}, i.flags...)
	var made struct {
		UserID string `json:"user_id"`
		Token  string `json:"token"`
	}
	if err := json.Unmarshal([]byte(mustCommand(t, adminPassword+"\n", args...)), &made); err != nil {
		t.Fatal(err)
	}
	i.token, i.user = made.Token, made.UserID
}

// serve starts a server on the installation.
func (i *installation) serve(t testing.TB, env ...string) *process {
	t.Helper()
	return launch(t, env, append([]string{"serve"}, i.flags...)...)
}

// open opens the database beside the program.
func (i *installation) open(t testing.TB) *db.DB {
	t.Helper()
	config := db.Config{URL: i.url}
	if i.engine == "sqlite" {
		config.File = filepath.Join(i.data, "parley.db")
	}
	d, err := db.Open(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
