package main

import (
	"fmt"
	"net"
)

type serve struct {
	settings
	Listen    string `default:"127.0.0.1:8080" env:"PARLEY_LISTEN" placeholder:"HOST:PORT" help:"Where to listen; port 0 picks one."`
	NoMigrate bool   `env:"PARLEY_NO_MIGRATE" help:"Refuse a database that is not up to date instead of migrating it."`
}

// Run serves until it is interrupted.
func (c *serve) Run(p program) error {
	s, err := c.settings.parse(p)
	if err != nil {
		return err
	}
	if err := checkListen(c.Listen); err != nil {
		return err
	}
	n, err := openNode(p.ctx, s)
	if err != nil {
		return err
	}
	defer n.close()
	if err := n.prepare(p.ctx, c.NoMigrate); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return err
	}
	return n.serve(p.ctx, listener, func(address string) {
		_, _ = fmt.Fprintln(p.stdout, "listening on "+address)
	})
}
