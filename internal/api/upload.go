package api

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"mime"
	"net/http"
	"os"
	"syscall"

	"github.com/danielgtaylor/huma/v2"

	"parley/internal/crm"
)

// upload is a file on its way in: it is read while it is kept, and never held whole.
type upload struct {
	name string
	io.Reader
	// sum tells uploads apart for an Idempotency-Key; empty without one.
	sum  []byte
	done func()
}

// takesFile says in the document that a POST takes a file. huma would read a body that it
// knew of; ours is read while it is kept.
func (a *API) takesFile(path string) {
	a.huma.OpenAPI().Paths[path].Post.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"multipart/form-data": {
		Schema: &huma.Schema{Type: huma.TypeObject, Required: []string{"file"}, Properties: map[string]*huma.Schema{"file": {Type: huma.TypeString, Format: "binary"}}}}}}
}

// openUpload finds the file of a multipart body of most bytes. With hold it is read into a temporary
// file, for its sum must be known before anything is done.
func (a *API) openUpload(w http.ResponseWriter, r *http.Request, hold bool, most int64) (*upload, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" {
		return nil, newProblem(http.StatusUnsupportedMediaType, "not_multipart", "Send the file as multipart/form-data with a part named file.")
	}
	limit := most + maxBody
	if r.ContentLength > limit {
		return nil, unread(&http.MaxBytesError{Limit: limit}, most)
	}
	r.Body = http.MaxBytesReader(w, r.Body, limit)
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, newProblem(http.StatusBadRequest, "bad_multipart", "The body is no multipart/form-data that can be read.")
	}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			var problems crm.Problems
			problems.Add("file", "required", "Send the file as a part named file.")
			return nil, problems.Err()
		}
		if err != nil {
			return nil, unread(err, most)
		}
		if part.FormName() != "file" {
			continue
		}
		u := &upload{name: part.FileName(), Reader: wire{part, most}, done: func() {}}
		if hold {
			err = u.hold()
		}
		return u, err
	}
}

// wire says of a body that did not arrive whole that the sender is at fault.
type wire struct {
	io.Reader
	limit int64
}

func (w wire) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = unread(err, w.limit)
	}
	return n, err
}

// hold reads the file into a temporary one and sums it up.
func (u *upload) hold() error {
	f, err := os.CreateTemp("", "parley-upload-")
	if err != nil {
		return err
	}
	u.done = func() { _, _ = f.Close(), os.Remove(f.Name()) }
	sum := sha256.New()
	if _, err = io.Copy(io.MultiWriter(f, sum), u.Reader); err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if errors.Is(err, syscall.ENOSPC) {
		err = crm.Errorf(crm.Unavailable, "disk_full", "The disk of the server is full, and nothing of the file was kept. Whoever runs this Parley must make room.")
	}
	if err != nil {
		u.done()
		return err
	}
	u.Reader, u.sum = f, append([]byte(u.name+"\n"), sum.Sum(nil)...)
	return nil
}

// body is what an Idempotency-Key compares.
func (u *upload) body() []byte {
	if u == nil {
		return nil
	}
	return bytes.Clone(u.sum)
}
