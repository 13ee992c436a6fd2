package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"parley/internal/db"
)

type backup struct {
	settings
	File string `arg:"" help:"Where to write the copy. It must not exist yet."`
}

// Run writes the copy beside its place and moves it there when it is whole.
func (c *backup) Run(p program) error {
	return withNode(p, c.settings, func(n *node, p program) error {
		if _, err := os.Stat(c.File); err == nil {
			return fmt.Errorf("%s exists already", c.File)
		}
		part, err := os.CreateTemp(filepath.Dir(c.File), ".parley-backup-*")
		if err != nil {
			return err
		}
		defer func() { _ = os.Remove(part.Name()) }()
		summary, err := n.db.Backup(p.ctx, part)
		if err := errors.Join(err, part.Sync(), part.Close()); err != nil {
			return err
		}
		if err := os.Rename(part.Name(), c.File); err != nil {
			return err
		}
		_, _ = fmt.Fprintf(p.stdout, "%s: %d rows. The secret key is not in it; keep a copy of it apart.\n", c.File, summary.Total())
		return nil
	})
}

type verify struct {
	File string `arg:"" help:"The backup."`
}

// Run reads the backup to its end.
func (c *verify) Run(p program) error {
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	summary, err := db.VerifyBackup(f)
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	_, _ = fmt.Fprintf(p.stdout, "%s is whole: %d rows, schema %d\n", c.File, summary.Total(), summary.Schema)
	return nil
}

type restore struct {
	settings
	File string `arg:"" help:"The backup."`
}

// Run fills an empty database.
func (c *restore) Run(p program) error {
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	return withNode(p, c.settings, func(n *node, p program) error {
		if err := n.db.Migrate(p.ctx); err != nil {
			return err
		}
		summary, err := n.db.Restore(p.ctx, f)
		if err != nil {
			return fmt.Errorf("%s: %w", c.File, err)
		}
		if err := n.contacts.Rebuild(p.ctx); err != nil {
			return err
		}
		_, _ = fmt.Fprintf(p.stdout, "Restored %d rows. Sending is on hold until an admin releases it under Settings > Business.\n", summary.Total())
		return nil
	})
}
