package inbox_test

import (
	"testing"

	"parley/internal/app/apptest"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// claimAndDie does what a node has done when it is killed in the middle of a send.
func claimAndDie(t *testing.T, w *apptest.World, conversation crm.ID) {
	t.Helper()
	err := w.DB.Write(t.Context(), func(tx *db.Tx) error {
		_, found, err := store.ClaimNext(tx, w.M.BusinessID, conversation, w.Now())
		if !found {
			t.Error("nothing to claim")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
