package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"parley/internal/app/team"
	"parley/internal/crm"
)

type business struct {
	Add businessAdd `cmd:"" help:"Make a business and its first admin."`
}

type businessAdd struct {
	settings
	Name               string `required:"" placeholder:"NAME" help:"What the business is called."`
	Country            string `required:"" placeholder:"GB" help:"Two letters; local phone numbers are read as of there."`
	AdminEmail         string `required:"" placeholder:"EMAIL" help:"What the first admin signs in with."`
	AdminName          string `placeholder:"NAME" help:"What the first admin is called."`
	AdminPasswordStdin bool   `help:"Read the admin's password from standard input."`
	TimeZone           string `default:"UTC" placeholder:"Europe/London" help:"Days and broadcasts follow it."`
	JSON               bool   `name:"json" help:"Print ids and an API token of the admin as JSON on one line."`
}

// Run makes the business, beside a running server too.
func (c *businessAdd) Run(p program) error {
	s, err := c.settings.parse(p)
	if err != nil {
		return err
	}
	founding := team.Founding{Name: c.Name, Country: strings.ToUpper(c.Country), TimeZone: c.TimeZone, AdminName: c.AdminName, AdminEmail: c.AdminEmail}
	if c.AdminPasswordStdin {
		line, err := bufio.NewReader(p.stdin).ReadString('\n')
		if founding.AdminPassword = strings.TrimRight(line, "\r\n"); founding.AdminPassword == "" {
			return usageError{"admin-password-stdin", fmt.Sprintf("there was no password on standard input (%v)", err)}
		}
	}
	n, err := openNode(p.ctx, s)
	if err != nil {
		return err
	}
	defer n.close()
	if err := n.prepare(p.ctx, false); err != nil {
		return err
	}
	made, err := n.team.Found(p.ctx, founding, false)
	if err != nil {
		return wrongFlags(err, map[string]string{"admin_password": "admin-password-stdin"})
	}
	if c.JSON {
		return json.NewEncoder(p.stdout).Encode(map[string]string{
			"business_id": string(made.Business.ID), "user_id": string(made.Admin.ID), "token": made.Token})
	}
	_, _ = fmt.Fprintf(p.stdout, "Business %s (%s)\nAdmin    %s\nToken    %s\n", made.Business.Name, made.Business.ID, made.Admin.Email, made.Token)
	return nil
}

// wrongFlags names the flags that the fields of something invalid came from: called says
// which have another name than their field.
func wrongFlags(err error, called map[string]string) error {
	var known *crm.Error
	if !errors.As(err, &known) || known.Kind != crm.Invalid || len(known.Fields) == 0 {
		return err
	}
	var said []string
	for _, f := range known.Fields {
		flag := called[f.Field]
		if flag == "" {
			flag = strings.ReplaceAll(f.Field, "_", "-")
		}
		said = append(said, usageError{flag, f.Detail}.Error())
	}
	return usageError{"", strings.Join(said, " ")}
}
