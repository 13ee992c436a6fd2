package team

import (
	"encoding/json"
	"strings"
	"time"

	"parley/internal/crm"
)

// fileLinkFor is how long a link to a file holds: Twilio keeps messages waiting for up to
// four hours before it fetches what goes with them.
const fileLinkFor = 6 * time.Hour

type fileLink struct {
	Business crm.ID `json:"b"`
	Media    crm.ID `json:"m"`
	Until    int64  `json:"u"`
}

// FileToken is a word under which one file can be had for some hours by whoever has it. It
// is sealed: nobody can make one up or read in it what it names.
func (s *Team) FileToken(business, media crm.ID) string {
	plain, _ := json.Marshal(fileLink{business, media, s.Now().Add(fileLinkFor).Unix()}) // ids and a number always encode
	return strings.NewReplacer("+", "-", "/", "_", "=", "").Replace(s.Sealer.Seal("file", plain))
}

// ReadFileToken says which file a token names; else ErrNotFound.
func (s *Team) ReadFileToken(token string) (business, media crm.ID, err error) {
	sealed := strings.NewReplacer("-", "+", "_", "/").Replace(token)
	if n := len(sealed) % 4; n > 0 {
		sealed += strings.Repeat("=", 4-n)
	}
	plain, err := s.Sealer.Open("file", sealed)
	var link fileLink
	if err != nil || json.Unmarshal(plain, &link) != nil || s.Now().Unix() > link.Until {
		return "", "", crm.ErrNotFound
	}
	return link.Business, link.Media, nil
}
