package bench

import (
	"io"
	"mime/multipart"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"parley/internal/crm"
)

// BenchmarkImportProgram brings the file of BenchmarkImport to the running program over the API,
// beside all that it does by itself, and then the same file again. rows/s is from the upload to
// the end; MB-above-idle is how much more memory the program had at most than before.
func BenchmarkImportProgram(b *testing.B) {
	binary := built(b)
	for _, e := range engines {
		b.Run(e.name, func(b *testing.B) {
			n := importRows()
			for b.Loop() {
				flags, _ := database(b, b.TempDir(), e.name)
				t := founded(b, binary, flags)
				address, end, pid := startProgram(b, binary, append([]string{"serve", "--listen", "127.0.0.1:0"}, flags...)...)
				t.address = address
				t.call(b, http.MethodGet, "/contacts", nil, nil)
				most := watchMemory(b, pid)
				for _, name := range []string{"", "again-"} {
					began, before := time.Now(), used(b, pid)
					counts := t.bring(b, n)
					b.ReportMetric(float64(n)/time.Since(began).Seconds(), name+"rows/s")
					b.ReportMetric((used(b, pid)-before)*1e6/float64(n), name+"CPU-µs/row")
					b.ReportMetric(most(), name+"MB-above-idle")
					if counts[crm.RowCreate]+counts[crm.RowUnchanged] != n {
						b.Fatalf("%v", counts)
					}
				}
				end()
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

// bring uploads importFile and has it previewed and imported.
func (t *tenant) bring(b *testing.B, n int) crm.ImportCounts {
	b.Helper()
	r, w := io.Pipe()
	form := multipart.NewWriter(w)
	go func() {
		file, _ := form.CreateFormFile("file", "people.csv")
		_, _ = io.Copy(file, importFile(n))
		_ = form.Close()
		_ = w.Close()
	}()
	var made struct {
		ID     string           `json:"id"`
		Status string           `json:"status"`
		Counts crm.ImportCounts `json:"counts"`
	}
	t.send(b, http.MethodPost, "/imports", form.FormDataContentType(), r, &made)
	for _, step := range []struct{ do, until string }{{"preview", "previewed"}, {"start", "done"}} {
		t.call(b, http.MethodPost, "/imports/"+made.ID+"/"+step.do, nil, nil)
		for made.Status = ""; made.Status != step.until; <-time.After(20 * time.Millisecond) {
			t.call(b, http.MethodGet, "/imports/"+made.ID, nil, &made)
		}
	}
	return made.Counts
}

// watchMemory looks at the memory of a program. most is by how many megabytes it was above what
// it is now, since the last call.
func watchMemory(b *testing.B, pid int) (most func() float64) {
	idle := memory(b, pid)
	var peak atomic.Int64
	stop := make(chan struct{})
	b.Cleanup(func() { close(stop) })
	go func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(50 * time.Millisecond):
				now, _ := held(pid) // 0 once the program has ended
				peak.Store(max(peak.Load(), int64(now)))
			}
		}
	}()
	return func() float64 { return float64(peak.Swap(0)) - idle }
}
