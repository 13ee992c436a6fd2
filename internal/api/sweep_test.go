package api_test

import (
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"parley/internal/api"
)

// odd are values that somebody may send for any field.
var odd = []string{`null`, `1e308`, `-1`, `0.5`, `123456789012345678901234567890`, `true`, `[]`, `[[]]`, `[null]`, `[""]`, `["\u0000"]`, `[{"kind":"email","value":"\u0000"}]`, `{}`, `{"a":1}`,
	`{"mode":"chosen","user_ids":["x","\u0000"]}`, `{"street":"\u0000"}`, `""`, `" "`, `"\u0000"`, `"\ud800"`, `"\u202e"`, `"é💥"`, `"'; drop table contact; --"`}

// TestNothingOddIsAFault sends every odd value in every field and parameter that the
// document names: each is refused or taken, none is a fault of ours.
func TestNothingOddIsAFault(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		close(h.stop)
		x := hide(h)
		document := h.as(actor{}).get("/openapi.json").want(200)
		admin := h.as(h.admin).with("If-Match", `"1"`)
		long, _ := json.Marshal(strings.Repeat("long ", 5000))
		values := append(slices.Clone(odd), string(long))
		calls := 0
		for _, r := range h.api.Routes() {
			path, ours := strings.CutPrefix(r.Pattern, api.Prefix)
			if !ours || r.Method == "DELETE" {
				continue
			}
			op, _ := document.at("paths", path, strings.ToLower(r.Method)).(J)
			check := func(got answer, value string) {
				calls++
				// The provider is away in this test: its check may say so.
				if got.status >= 500 && got.json["code"] != "file_away" || strings.Contains(got.body, "SQL") {
					t.Errorf("%s with %.60s: %d %s", got.call, value, got.status, got.body)
				}
			}
			for _, field := range fields(document, op) {
				for _, value := range values {
					check(admin.send(r.Method, x.path(r.Pattern, ""), []byte(`{"`+field+`":`+value+`}`)), field+" "+value)
				}
			}
			parameters, _ := op["parameters"].([]any)
			for _, p := range parameters {
				if p := p.(J); p["in"] == "query" {
					for _, value := range []string{"", "0", "-1", "1e9", "\x00", "\xff", "é💥", "%", "'", strings.Repeat("9", 400), "a,b", "2"} {
						check(admin.get(x.path(r.Pattern, "")+"?"+p["name"].(string)+"="+url.QueryEscape(value)), value)
					}
				}
			}
		}
		if calls < 800 {
			t.Errorf("only %d calls were made", calls)
		}
	})
}

// fields are the fields of an operation's body.
func fields(document answer, op J) []string {
	body, _ := op["requestBody"].(J)
	content, _ := body["content"].(J)
	media, _ := content["application/json"].(J)
	schema, _ := media["schema"].(J)
	ref, _ := schema["$ref"].(string)
	properties, _ := document.at("components", "schemas", strings.TrimPrefix(ref, "#/components/schemas/"), "properties").(J)
	return slices.Sorted(maps.Keys(properties))
}
