package main

import (
	"encoding/json"
	"fmt"

	"parley/internal/dav"
	"parley/internal/web"
)

type routesList struct {
	JSON bool `name:"json" help:"As JSON."`
}

// route is one line of the list.
type route struct {
	Method  string `json:"method"`
	Pattern string `json:"pattern"`
	Access  string `json:"access"`
}

// Run lists the routes without opening a database.
func (c *routesList) Run(p program) error {
	var list []route
	for _, r := range (&node{}).api(nil).Routes() {
		list = append(list, route{r.Method, r.Pattern, string(r.Access)})
	}
	for _, r := range web.Routes() {
		list = append(list, route{r.Method, r.Pattern, string(r.Access)})
	}
	for _, r := range dav.Routes() {
		list = append(list, route{r.Method, r.Pattern, string(r.Access)})
	}
	if c.JSON {
		e := json.NewEncoder(p.stdout)
		e.SetIndent("", "  ")
		return e.Encode(list)
	}
	for _, r := range list {
		_, _ = fmt.Fprintf(p.stdout, "%-7s %-55s %s\n", r.Method, r.Pattern, r.Access)
	}
	return nil
}
