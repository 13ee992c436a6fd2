package bench

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"parley/internal/importer"
)

// BenchmarkImporter reads and parses the rows of a large file, on one core and on two,
// and reports rows a second and the most memory that was in use beyond what there was
// before. The goal for a million rows is 200 MB (M5 is the room's).
func BenchmarkImporter(b *testing.B) {
	path, rows := largeFile(b, people())
	for _, c := range []struct {
		name  string
		cores int // 0: read only
	}{{"read", 0}, {"parse/1-core", 1}, {"parse/2-cores", 2}} {
		b.Run(c.name, func(b *testing.B) {
			if c.cores > 0 {
				defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(c.cores))
			}
			for range b.N {
				idle := inUse(true)
				start, spent := time.Now(), processorTime(b)
				n, peak := through(b, path, c.cores)
				if n != rows {
					b.Fatalf("%d rows, want %d", n, rows)
				}
				b.ReportMetric(float64(n)/time.Since(start).Seconds(), "rows/s")
				b.ReportMetric(float64((processorTime(b)-spent).Nanoseconds())/1000/float64(n), "CPU-µs/row")
				b.ReportMetric(float64(peak-min(peak, idle))/(1<<20), "MB-above-idle")
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

// through walks over all rows of a file as an import does, and returns their number and
// the most memory that was in use meanwhile.
func through(b *testing.B, path string, workers int) (n int, peak uint64) {
	file, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	size, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		b.Fatal(err)
	}
	f, err := importer.Open(file, size, importer.Options{Country: "GB"})
	if err != nil {
		b.Fatal(err)
	}
	count := func(err error) {
		if err != nil {
			b.Fatal(err)
		}
		if n++; n%20_000 == 0 {
			peak = max(peak, inUse(false))
		}
	}
	if workers == 0 {
		for _, err := range f.Rows() {
			count(err)
		}
		return n, peak
	}
	p, err := f.Parser(importer.Settings{Mapping: f.Proposed()})
	if err != nil {
		b.Fatal(err)
	}
	for result, err := range importer.Parse(b.Context(), f.Rows(), p, workers) {
		if result.Refused() {
			b.Fatal(result.Row.Line, result.Problems)
		}
		count(err)
	}
	return n, peak
}

// processorTime is what this process has used, which says more than the clock on a
// machine that has other work.
func processorTime(b *testing.B) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// inUse is the memory that the heap has from the system.
func inUse(collect bool) uint64 {
	if collect {
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse
}

// largeFile writes a file of rows as an address book has them.
func largeFile(b *testing.B, rows int) (string, int) {
	path := filepath.Join(b.TempDir(), "people.csv")
	file, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	out := bufio.NewWriterSize(file, 1<<20)
	fmt.Fprint(out, "First Name,Last Name,Company,Mobile Phone,E-mail Address,Street,City,Postal Code,Country,Categories,Notes\r\n")
	for i := range rows {
		fmt.Fprintf(out, "Ada%d,\"van der Müller\",Firm %d & Co,07400 %06d,ada.%d@example.com,%d High Street,Leeds,LS1 1AA,United Kingdom,\"VIP, Trade\",\"said \"\"hello\"\"\"\r\n",
			i, i%1000, i%1_000_000, i, i%300)
	}
	if err := out.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := file.Close(); err != nil {
		b.Fatal(err)
	}
	return path, rows
}
