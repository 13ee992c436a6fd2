package main

import "fmt"

type migrate struct {
	Up     migrateUp     `cmd:"" default:"withargs" help:"Bring the database up to date."`
	Status migrateStatus `cmd:"" help:"Show which steps were taken."`
}

type migrateUp struct{ settings }

// Run migrates and says what the state is now.
func (c *migrateUp) Run(p program) error { return withNode(p, c.settings, (*node).migrateAndShow) }

type migrateStatus struct{ settings }

// Run shows the state.
func (c *migrateStatus) Run(p program) error { return withNode(p, c.settings, (*node).showMigrations) }

func (n *node) migrateAndShow(p program) error {
	if err := n.db.Migrate(p.ctx); err != nil {
		return err
	}
	return n.showMigrations(p)
}

func (n *node) showMigrations(p program) error {
	list, err := n.db.Migrations(p.ctx)
	for _, m := range list {
		state := "to do"
		if m.Applied {
			state = "done "
		}
		_, _ = fmt.Fprintf(p.stdout, "%s  %s\n", state, m.Name)
	}
	return err
}

// withNode opens a node for a command that does one thing.
func withNode(p program, s settings, do func(*node, program) error) error {
	parsed, err := s.parse(p)
	if err != nil {
		return err
	}
	n, err := openNode(p.ctx, parsed)
	if err != nil {
		return err
	}
	defer n.close()
	return do(n, p)
}
