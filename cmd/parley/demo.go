package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"runtime/debug"
	"time"

	"parley/internal/app/team"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/seed"
	"parley/internal/store"
)

type demo struct {
	Listen   string `default:"127.0.0.1:8080" env:"PARLEY_LISTEN" placeholder:"HOST:PORT" help:"Where to listen; port 0 picks one."`
	Contacts int    `default:"60" placeholder:"N" help:"How many contacts there are at the start."`
	WithXero bool   `name:"with-xero" help:"Start an emulated Xero beside it, to try the connection with."`
	WithQB   bool   `name:"with-quickbooks" help:"Start an emulated QuickBooks beside it."`
	WithHub  bool   `name:"with-hubspot" help:"Start an emulated HubSpot beside it."`
	Database string `env:"PARLEY_DEMO_DATABASE" hidden:"" help:"An empty PostgreSQL database instead of SQLite, for measuring."`
}

// The demo's people sign in with this. It listens on this machine only, unless told
// otherwise, and holds nobody's data.
const demoPassword = "parley-demo-2026"

// Run makes a business in a temporary folder and serves it until it is interrupted.
func (c *demo) Run(p program) error {
	if c.Contacts < 0 || c.Contacts > 10_000_000 {
		return usageError{"contacts", "give a number from 0 to 10000000"}
	}
	if err := checkListen(c.Listen); err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "parley-demo-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	emulated, err := c.emulate()
	if err != nil {
		return err
	}
	s, err := settings{Data: folder, Database: c.Database, LogFormat: "text"}.parse(p)
	if err != nil {
		return err
	}
	s.throwaway = true
	listener, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("%w (--listen 127.0.0.1:0 picks a free port)", err)
	}
	n, err := openNode(p.ctx, s)
	if err != nil {
		return err
	}
	defer n.close()
	if err := n.prepare(p.ctx, false); err != nil {
		return err
	}
	if err := n.furnish(p, c.Contacts); err != nil {
		return err
	}
	return n.serve(p.ctx, listener, func(address string) { p.welcome(address, emulated) })
}

func (p program) welcome(address string, emulated []emulator) {
	beside := ""
	for _, e := range emulated {
		e.ready(address)
		beside += fmt.Sprintf("  %-10s  %s    (connect it under Settings > Integrations)\n", e.title, e.address)
	}
	_, _ = fmt.Fprintf(p.stdout, `
Parley is running with a sample business.

  Open        %s
  Admin       mira@rosas.example    password  %s
  Agent       ana@rosas.example     password  %s
  A customer  %s/simulator    (a phone to write from; open it in a second window)
%s
Ctrl-C ends it, and nothing stays behind.
listening on %s
`, address, demoPassword, demoPassword, address, beside, address)
}

// furnish makes the sample business: people, channels, contacts and conversations.
func (n *node) furnish(p program, people int) error {
	ctx := p.ctx
	founded, err := n.team.Found(ctx, team.Founding{Name: "Rosas Flowers", Country: "GB", TimeZone: "Europe/London",
		AdminName: "Mira Rosas", AdminEmail: "mira@rosas.example", AdminPassword: demoPassword, Demo: true}, true)
	if err != nil {
		return err
	}
	who := crm.Actor{BusinessID: founded.Business.ID, UserID: founded.Admin.ID, Role: crm.Admin, Name: founded.Admin.Name, Via: crm.ViaSystem}
	for _, u := range [][2]string{{"Ana Reis", "ana@rosas.example"}, {"Dan Webb", "dan@rosas.example"}} {
		if err := n.join(ctx, who, u[0], u[1]); err != nil {
			return err
		}
	}
	var channels []store.Channel
	for _, family := range [][2]string{{"WhatsApp", "whatsapp"}, {"Text messages", "sms"}} {
		ch, err := n.team.PutChannel(ctx, who, team.ChannelDraft{Kind: "simulator", Name: family[0], Settings: map[string]string{"family": family[1]}})
		if err != nil {
			return err
		}
		err = n.db.Read(ctx, func(tx *db.Tx) error {
			ch, err = store.ChannelByID(tx, who.BusinessID, ch.ID)
			return err
		})
		if err != nil {
			return err
		}
		channels = append(channels, ch)
	}
	// Filling makes and drops much; collecting less often is a fifth of the time.
	defer debug.FreeOSMemory()
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	s := seed.Seeder{Team: n.team, Contacts: n.contacts, Inbox: n.inbox, Who: who, Channels: channels}
	if people > 10_000 {
		start := time.Now()
		s.Progress = func(done int) {
			if done%100_000 == 0 || done == people {
				_, _ = fmt.Fprintf(p.stdout, "%d contacts in %s\n", done, time.Since(start).Round(time.Second))
			}
		}
	}
	return s.Fill(ctx, people)
}

// join makes an agent who has accepted the invitation.
func (n *node) join(ctx context.Context, who crm.Actor, name, email string) error {
	_, link, err := n.team.Invite(ctx, who, team.UserDraft{Name: &name, Email: &email})
	if err != nil {
		return err
	}
	_, err = n.team.UseLink(ctx, link, demoPassword, team.SignIn{Address: "127.0.0.1", UserAgent: "parley demo"})
	return err
}
