package store

// SetWalk says when a list is walked and when it is picked from a posting list.
func SetWalk(budget, posting, few int) { walkBudget, postingMost, postingFew = budget, posting, few }
