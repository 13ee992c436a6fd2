package store

import (
	"parley/internal/crm"
	"parley/internal/db"
)

// TakeParkedStatuses removes and returns what waited for external ids.
func TakeParkedStatuses(tx *db.Tx, business, channel crm.ID, externals []string) (map[string]crm.InboundStatus, error) {
	parked := map[string]crm.InboundStatus{}
	if len(externals) == 0 {
		return parked, nil
	}
	return parked, tx.Ask(db.Each(func(row db.Row) error {
		var s crm.InboundStatus
		err := row.Scan(&s.ExternalID, &s.Status, &s.Error, &s.ErrorCode)
		parked[s.ExternalID] = s
		return err
	}, "delete from parked_status where business_id = $1 and channel_id = $2 and external_id = any($3) returning external_id, status, error, error_code", business, channel, externals))
}
