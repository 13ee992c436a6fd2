package team_test

import (
	"testing"

	"parley/internal/app/team"
	"parley/internal/crm"
)

// Agents find pages of their own account and none of Settings (V5).
func TestFindSubjects(t *testing.T) {
	admin, agent := crm.Actor{Role: crm.Admin}, crm.Actor{Role: crm.Agent}
	for query, want := range map[string][2]int{"tag": {1, 0}, "settings channels": {1, 0}, "TAGS": {1, 0}, "ags": {0, 0}, "": {0, 0}, " ": {0, 0},
		"password": {1, 1}, "api tok": {1, 1}, "settings profile": {0, 0}, "twilio": {1, 0}} {
		if got := [2]int{len(team.FindSubjects(admin, query)), len(team.FindSubjects(agent, query))}; got != want {
			t.Errorf("%q finds %d for an admin and %d for an agent, want %d and %d", query, got[0], got[1], want[0], want[1])
		}
	}
}
