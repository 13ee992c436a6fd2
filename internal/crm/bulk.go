package crm

import (
	"slices"
	"time"
)

// Bulk is one act on many contacts (T2): those that matched a filter when it began, or
// those that somebody named. It is worked off in the background.
type Bulk struct {
	BusinessID ID
	ID         ID
	UserID     ID // whose it is; of others only admins hear of it
	Via        Via
	Action     BulkAction
	What       BulkWhat
	Status     BulkStatus
	Problem    string // why it was cancelled, where nobody did that
	Total      int
	Done       int // how many contacts were gone over, in whichever way it ended for them
	Place      int // the position of the last of them
	Counts     BulkCounts
	UndoOf     ID // the act that this one takes back
	UndoneBy   ID // the act that takes this one back
	CreatedAt  time.Time
	MovedAt    time.Time
	EndedAt    time.Time
}

// MaxChosen is how many contacts can be named one by one for an act, an export or a
// broadcast. More are meant by a filter.
const MaxChosen = 10_000

// CheckChosen refuses more contacts than can be named one by one.
func CheckChosen(problems *Problems, field string, ids []ID) {
	if len(ids) > MaxChosen {
		problems.Add(field, "too_many", "At most %d contacts can be chosen one by one. Choose all that match a filter instead, or give them a tag and filter by it.", MaxChosen)
	}
}

// BulkAction says what is done.
type BulkAction string

// The actions.
const (
	BulkAddTags    BulkAction = "add_tags"
	BulkRemoveTags BulkAction = "remove_tags"
	BulkAssign     BulkAction = "assign"
	BulkVisibility BulkAction = "set_visibility"
	BulkArchive    BulkAction = "archive"
	BulkRestore    BulkAction = "restore"
	BulkDelete     BulkAction = "delete"
)

// BulkActions are all of them in the order in which they are offered.
var BulkActions = []BulkAction{BulkAddTags, BulkRemoveTags, BulkAssign, BulkVisibility, BulkRestore, BulkArchive, BulkDelete}

// MayBulk reports whether somebody may do an action: agents what they may do to one
// contact, while archiving and deleting are for admins (V5). So is taking back a restore.
func MayBulk(who Actor, a BulkAction, undo bool) bool {
	forAdmins := a == BulkArchive || a == BulkDelete || undo && a == BulkRestore
	return who.IsAdmin() || !forAdmins
}

// BulkWhat is what an action puts on contacts or takes off them.
type BulkWhat struct {
	Tags       []ID        `json:"tags,omitempty"`
	AssigneeID ID          `json:"assignee_id,omitempty"`
	Visibility *Visibility `json:"visibility,omitempty"`
}

// BulkStatus says how far an act is.
type BulkStatus string

// The statuses.
const (
	BulkRunning   BulkStatus = "running"
	BulkDone      BulkStatus = "done"
	BulkCancelled BulkStatus = "cancelled"
)

// BulkOutcome is how an act ended for one contact.
type BulkOutcome string

// The outcomes.
const (
	BulkWaiting   BulkOutcome = "waiting"   // not looked at; after a cancel for good
	BulkChanged   BulkOutcome = "done"      // it was done
	BulkArchived  BulkOutcome = "archived"  // not deleted: something with it is open (C6)
	BulkUnchanged BulkOutcome = "unchanged" // it was so already
	BulkNotDone   BulkOutcome = "not_done"  // for a reason
)

// BulkOutcomes are all of them in the order in which they are shown.
var BulkOutcomes = []BulkOutcome{BulkChanged, BulkArchived, BulkUnchanged, BulkNotDone, BulkWaiting}

// IsBulkOutcome reports whether a text names an outcome.
func IsBulkOutcome(text string) bool { return slices.Contains(BulkOutcomes, BulkOutcome(text)) }

// BulkCounts counts contacts by outcome, those that wait left out.
type BulkCounts map[BulkOutcome]int

// Undoable is how many contacts an act changed in a way that can be taken back: who was
// deleted stays deleted.
func (b *Bulk) Undoable() int {
	if b.Action == BulkDelete {
		return b.Counts[BulkArchived]
	}
	return b.Counts[BulkChanged]
}

// LeaveOut takes contacts off the numbers, by how it ended for them.
func (b *Bulk) LeaveOut(hidden BulkCounts) {
	for outcome, n := range hidden {
		b.Total -= n
		if outcome != BulkWaiting {
			b.Done -= n
			b.Counts[outcome] -= n
		}
	}
}

// BulkRow is what became of one contact. Changed is what an act changed of it, as it was
// before; for an act that takes back another, what is to be restored.
type BulkRow struct {
	Position  int
	ContactID ID
	Outcome   BulkOutcome
	Reason    string
	Changed   BulkBefore
}

// BulkBefore is what an act changed of one contact: the tags it put on or took off, or the
// assignee or visibility from before.
type BulkBefore struct {
	Tags       []ID        `json:"tags,omitempty"`
	AssigneeID ID          `json:"assignee_id,omitempty"`
	Visibility *Visibility `json:"visibility,omitempty"`
}
