package store

import (
	"strconv"

	"parley/internal/crm"
)

// seenBy is rule V2 in SQL: the condition under which a user sees a row of contact or
// conversation (alias a). $user in it is the number of the argument that holds the
// user's id. crm.CanSee is the same rule in Go; a test keeps the two equal.
func seenBy(who crm.Actor, a, viewers, key string, user int) string {
	at := "$" + strconv.Itoa(user)
	rule := "(" + a + ".visibility = 'everyone' or exists (select 1 from " + viewers + " w where w.business_id = " + a +
		".business_id and w." + key + " = " + a + ".id and w.user_id = " + at + ")"
	if who.IsAdmin() {
		rule += " or not exists (select 1 from " + viewers + " w join app_user wu on wu.business_id = w.business_id and wu.id = w.user_id" +
			" where w.business_id = " + a + ".business_id and w." + key + " = " + a + ".id and wu.active)"
	}
	return rule + ")"
}

func contactSeenBy(who crm.Actor, user int) string {
	return seenBy(who, "c", "contact_viewer", "contact_id", user)
}

func conversationSeenBy(who crm.Actor, user int) string {
	return seenBy(who, "v", "conversation_viewer", "conversation_id", user)
}
