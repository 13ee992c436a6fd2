package hubspot

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"

	"parley/internal/connector"
	"parley/internal/crm"
)

// custom are the properties of fields for which HubSpot has no place of its own, where an
// account has made one by this name.
var custom = map[string]string{"middle_name": "middle_name",
	"billing_address.street": "billing_address", "billing_address.city": "billing_city", "billing_address.region": "billing_state",
	"billing_address.postal_code": "billing_zip", "billing_address.country": "billing_country"}

// made are the fields for which an account has made a property that can be written, as
// connector.Kind.Of reads them. One that keeps its properties to itself has none.
func (c client) made(ctx context.Context, a connector.Access) (string, error) {
	var got struct {
		Results []struct {
			Name, Type           string
			ModificationMetadata struct{ ReadOnlyValue bool }
		}
	}
	_, err := c.send(ctx, a, http.MethodGet, "/crm/v3/properties/contacts", nil, &got)
	switch connector.TroubleOf(err) {
	case connector.Missing, connector.Refused, connector.Dead:
		return "", nil
	}
	var fields []string
	for _, field := range slices.Sorted(maps.Keys(custom)) {
		for _, p := range got.Results {
			if p.Name == custom[field] && p.Type == "string" && !p.ModificationMetadata.ReadOnlyValue {
				fields = append(fields, field)
			}
		}
	}
	return strings.Join(fields, ","), err
}

// keeps reports whether an account has a place for a field.
func keeps(org crm.Organisation, field string) bool {
	return custom[field] == "" || slices.Contains(Kind.Of(org.Details).Fields, field)
}
