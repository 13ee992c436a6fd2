package db_test

import (
	"bytes"
	"compress/gzip"
	"testing"

	"parley/internal/db"
)

// Whatever stands in a file that is called a backup, reading it ends with an answer.
func FuzzVerifyBackup(f *testing.F) {
	f.Add([]byte("{\"parley_backup\":1,\"schema\":5}\n{\"table\":\"business\",\"columns\":[\"id\"],\"types\":[\"text\"]}\n[\"a\"]\n{\"rows\":{\"business\":1},\"sha256\":\"00\"}\n"))
	f.Add([]byte("[1]\n"))
	f.Add([]byte("{\"parley_backup\":1}\n[\"a\"]\n{}\n\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		_, _ = w.Write(text)
		_ = w.Close()
		if _, err := db.VerifyBackup(&packed); err == nil && !bytes.Contains(text, []byte("sha256")) {
			t.Errorf("%q passes for whole", text)
		}
		_, _ = db.VerifyBackup(bytes.NewReader(text)) // not even packed
	})
}
