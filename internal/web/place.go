package web

import (
	"encoding/base64"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"parley/internal/crm"
	"parley/internal/store"
)

// A place is where a page of a list ended, as it stands in an address: a time and an id.

func placeText(at time.Time, id crm.ID) string {
	return strconv.FormatInt(at.UnixMicro(), 36) + "." + id.String()
}

// parsePlace reads what placeText wrote; ok is false for anything else.
func parsePlace(s string) (at time.Time, id crm.ID, ok bool) {
	left, right, found := strings.Cut(s, ".")
	micros, err := strconv.ParseInt(left, 36, 64)
	id, isID := crm.ParseID(right)
	if !found || err != nil || !isID {
		return at, "", false
	}
	return time.UnixMicro(micros).UTC(), id, true
}

// contactPlaceText is the same for a list of contacts, which may be in the order of names.
func contactPlaceText(p *store.ContactPlace) string {
	return placeText(p.ActiveAt, p.ID) + "." + base64.RawURLEncoding.EncodeToString([]byte(p.Name))
}

// parseContactPlace reads what contactPlaceText wrote; ok is false for anything else.
func parseContactPlace(s string) (p *store.ContactPlace, ok bool) {
	dot := strings.LastIndexByte(s, '.')
	if dot < 0 {
		return nil, false
	}
	at, id, ok := parsePlace(s[:dot])
	name, err := base64.RawURLEncoding.DecodeString(s[dot+1:])
	if !ok || err != nil || !utf8.Valid(name) || strings.ContainsRune(string(name), 0) {
		return nil, false
	}
	return &store.ContactPlace{ActiveAt: at, Name: string(name), ID: id}, true
}
