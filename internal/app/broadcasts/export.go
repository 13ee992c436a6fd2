package broadcasts

import (
	"context"
	"encoding/csv"
	"io"
	"time"

	"parley/internal/crm"
	"parley/internal/store"
)

// exportAtOnce is how many people a file of results is written by.
const exportAtOnce = 2000

// Export writes the recipients that match as a CSV in UTF-8, a page at a time. Times are
// UTC. Cells that a spreadsheet would run are made harmless (M7). The audit log notes it
// before the first byte (A4). Admins only.
func (s *Broadcasts) Export(ctx context.Context, who crm.Actor, id crm.ID, f store.RecipientFilter, w io.Writer) error {
	if err := s.note(ctx, who, id, crm.BroadcastExported); err != nil {
		return err
	}
	if _, err := io.WriteString(w, "\ufeff"); err != nil { // spreadsheets know UTF-8 by it
		return err
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	_ = out.Write([]string{"Contact", "Name", "Address", "Status", "Reason", "Code", "Sent", "Delivered", "Read", "Answered", "Text"}) // an error stays in out
	for after := 0; ; {
		list, err := s.People(ctx, who, id, f, after, exportAtOnce)
		if err != nil {
			return err
		}
		for _, p := range list {
			after = p.Position
			cells := []string{p.ContactID.String(), p.Name, p.Address, string(p.Status), p.Reason(), p.ErrorCode,
				moment(p.SentAt), moment(p.DeliveredAt), moment(p.ReadAt), moment(p.RepliedAt), p.Text}
			if p.Status == crm.Sending {
				cells[3] = string(crm.Queued)
			}
			for n := range cells {
				cells[n] = crm.Harmless(cells[n])
			}
			_ = out.Write(cells)
		}
		if out.Flush(); out.Error() != nil || len(list) < exportAtOnce {
			return out.Error()
		}
	}
}

func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
