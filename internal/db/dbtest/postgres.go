package dbtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/internal/db"
)

// PostgresURL is the address of a fresh database, migrated or empty.
func PostgresURL(t testing.TB, migrated bool) string {
	t.Helper()
	c, err := startCluster()
	if err != nil {
		Skip(t, "PostgreSQL could not be started: %v", err)
	}
	name, err := c.newDatabase(migrated)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if !migrated || t.Failed() || !c.takeBack(name) {
			_ = c.exec("drop database " + name + " with (force)")
		}
	})
	return c.url(name)
}

// cluster is a PostgreSQL server of this process alone.
type cluster struct {
	dir      string
	count    atomic.Int64
	admin    sync.Mutex // create database does not like company on its template
	template sync.Once
	tmplErr  error
	asMade   string // what databaseShape says of the template

	mu   sync.Mutex
	free []string // databases of tests that are over, empty again
}

var startCluster = sync.OnceValues(func() (*cluster, error) {
	bin, err := postgresBin()
	if err != nil {
		return nil, err
	}
	removeStale()
	dir, err := os.MkdirTemp("", "parley-pg-")
	if err != nil {
		return nil, err
	}
	who, err := unprivileged()
	if err != nil {
		return nil, err
	}
	if who != nil {
		if err := os.Chown(dir, int(who.Uid), int(who.Gid)); err != nil {
			return nil, err
		}
	}
	data := filepath.Join(dir, "data")
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-U", "parley", "-A", "trust",
		"--no-sync", "-E", "UTF8", "--locale=C.UTF-8")
	initdb.Dir = dir
	initdb.SysProcAttr = &syscall.SysProcAttr{Credential: who}
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, out)
	}
	c := &cluster{dir: dir}
	if err := c.start(bin, data, who); err != nil {
		return nil, err
	}
	return c, nil
})

// start runs the server as a child that the kernel ends with this process: tests that
// are killed leave none behind.
func (c *cluster) start(bin, data string, who *syscall.Credential) error {
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // Pdeathsig follows the thread, so it must live on
		server := exec.Command(filepath.Join(bin, "postgres"), "-D", data, "-k", c.dir,
			"-c", "listen_addresses=", "-c", "fsync="+fsync(), "-c", "max_connections=300", "-c", "shared_buffers=128MB",
			"-c", "autovacuum_naptime=10s", "-c", "log_min_messages=fatal")
		if fsync() == "off" {
			server.Args = append(server.Args, "-c", "full_page_writes=off", "-c", "synchronous_commit=off", "-c", "wal_level=minimal", "-c", "max_wal_senders=0")
		}
		server.Dir = c.dir
		server.SysProcAttr = &syscall.SysProcAttr{Credential: who, Pdeathsig: syscall.SIGQUIT}
		err := server.Start()
		started <- err
		if err == nil {
			_ = server.Wait()
		}
	}()
	if err := <-started; err != nil {
		return err
	}
	deadline := time.Now().Add(30 * time.Second)
	for {
		err := c.exec("select 1")
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("the server does not answer: %w", err)
		}
		runtime.Gosched()
		<-time.After(20 * time.Millisecond)
	}
}

// fsync is off for tests, which lose nothing with the machine, and on for benchmarks.
func fsync() string {
	if os.Getenv("PARLEY_TEST_FSYNC") == "on" {
		return "on"
	}
	return "off"
}

func (c *cluster) url(database string) string {
	return "postgres:///" + database + "?user=parley&host=" + url.QueryEscape(c.dir)
}

func (c *cluster) exec(sql string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, c.url("postgres"))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	_, err = conn.Exec(ctx, sql)
	return err
}

func (c *cluster) newDatabase(migrated bool) (string, error) {
	if !migrated {
		return c.create("template1")
	}
	c.template.Do(func() { c.tmplErr = c.makeTemplate() })
	if c.tmplErr != nil {
		return "", c.tmplErr
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := len(c.free) - 1; n >= 0 {
		name := c.free[n]
		c.free = c.free[:n]
		return name, nil
	}
	return c.create("parley_template")
}

// create makes a database. Its files are copied as they are, which takes half the time that
// it takes to log them. Not while tests run: what is told of a database waits for the
// oldest transaction of the whole server (decision 005).
func (c *cluster) create(template string) (name string, err error) {
	c.admin.Lock()
	defer c.admin.Unlock()
	name = "test_" + strconv.FormatInt(c.count.Add(1), 10)
	return name, c.exec("create database " + name + " template " + template + " strategy file_copy")
}

func (c *cluster) makeTemplate() error {
	if err := c.exec("create database parley_template"); err != nil {
		return err
	}
	d, err := db.Open(context.Background(), db.Config{URL: c.url("parley_template")})
	if err != nil {
		return err
	}
	err = d.Migrate(context.Background())
	if closeErr := d.Close(); err != nil || closeErr != nil {
		return errors.Join(err, closeErr)
	}
	conn, err := pgx.Connect(context.Background(), c.url("parley_template"))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.Background()) }()
	return conn.QueryRow(context.Background(), databaseShape).Scan(&c.asMade)
}

func postgresBin() (string, error) {
	dirs, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	slices.Reverse(dirs)
	if path, err := exec.LookPath("initdb"); err == nil {
		dirs = append(dirs, filepath.Dir(path))
	}
	for _, dir := range dirs {
		if _, err := os.Stat(filepath.Join(dir, "initdb")); err == nil {
			return dir, nil
		}
	}
	return "", fmt.Errorf("no initdb in /usr/lib/postgresql/*/bin or on the path (apt-get install postgresql)")
}

// unprivileged is a user to run the server as, for it refuses to run as root; nil where
// we are not root.
func unprivileged() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, _ := strconv.ParseUint(u.Uid, 10, 32)
		gid, _ := strconv.ParseUint(u.Gid, 10, 32)
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, fmt.Errorf("neither a user postgres nor nobody exists")
}

// removeStale clears away clusters whose server is gone.
func removeStale() {
	dirs, _ := filepath.Glob(filepath.Join(os.TempDir(), "parley-pg-*"))
	for _, dir := range dirs {
		pid, err := os.ReadFile(filepath.Join(dir, "data", "postmaster.pid"))
		if err != nil {
			continue // just being made
		}
		var n int
		_, _ = fmt.Sscanf(string(pid), "%d", &n)
		if n > 0 && syscall.Kill(n, 0) != nil {
			_ = os.RemoveAll(dir)
		}
	}
}
