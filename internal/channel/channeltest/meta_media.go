package channeltest

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
)

// metaFile is a file as a message names it.
type metaFile struct {
	ID       string `json:"id"`
	Caption  string `json:"caption"`
	Filename string `json:"filename"`
}

// metaFileTypes are the content types that Meta takes, by the message they go with.
var metaFileTypes = map[string][]string{
	"image": {"image/jpeg", "image/png"}, "video": {"video/mp4", "video/3gpp"},
	"audio": {"audio/mpeg", "audio/mp4", "audio/ogg", "audio/aac", "audio/amr"},
}

// uploadMedia answers for POST /{phone number id}/media.
func (m *Meta) uploadMedia(w http.ResponseWriter, r *http.Request) {
	fault := m.fault()
	m.mu.Lock()
	m.requests-- // it is no send
	m.mu.Unlock()
	fault.wait(r.Context())
	switch {
	case fault.Cut != "":
		hangUp()
	case fault.refuses():
		metaError(w, max(fault.Status, http.StatusBadRequest), fault.Code, "Ordered by the test")
		return
	}
	if err := r.ParseMultipartForm(1 << 20); err != nil || r.FormValue("messaging_product") != "whatsapp" {
		metaError(w, http.StatusBadRequest, 100, "messaging_product must be whatsapp")
		return
	}
	file, header, err := r.FormFile("file")
	if err != nil {
		metaError(w, http.StatusBadRequest, 131053, "There is no file")
		return
	}
	data, err := io.ReadAll(file)
	kind := r.FormValue("type")
	if err != nil || len(data) == 0 || kind == "" || header.Header.Get("Content-Type") != kind {
		metaError(w, http.StatusBadRequest, 131053, "The file or its type is missing")
		return
	}
	m.mu.Lock()
	m.uploads++
	id := fmt.Sprintf("media-%d", m.uploads)
	m.mu.Unlock()
	m.AddFile(id, File{ContentType: kind, Data: data})
	writeJSON(w, http.StatusOK, map[string]any{"id": id})
}

// sentFile is the file of a message, and what is wrong with it.
func (m *Meta) sentFile(s metaSend) (file *File, caption, wrong string) {
	sent := map[string]*metaFile{"image": s.Image, "video": s.Video, "audio": s.Audio, "document": s.Document}[s.Type]
	if sent == nil {
		return nil, "", s.Type + " is missing"
	}
	known, ok := m.file(sent.ID)
	types := metaFileTypes[s.Type]
	switch {
	case !ok:
		return nil, "", "There is no media of this id"
	case types != nil && !slices.Contains(types, known.ContentType):
		return nil, "", "The media is no " + s.Type
	case s.Type == "audio" && sent.Caption != "":
		return nil, "", "A recording has no caption"
	case s.Type == "document" && strings.TrimSpace(sent.Filename) == "":
		return nil, "", "A document without a name"
	}
	return &known, sent.Caption, ""
}
