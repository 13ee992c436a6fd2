package importer

import (
	"context"
	"iter"
	"sync"
)

// batchRows is how many rows go to a worker at once: enough that handing them over costs
// nothing beside parsing them.
const batchRows = 256

// batchBytes is how much text goes to a worker at once, when the rows are long.
const batchBytes = 512 << 10

// Parse makes results of rows on so many goroutines, and hands them out in the order of
// the rows. No more than a few batches are held at a time, however slow the caller is. An
// error of the rows, or that of ctx, is the last thing that is handed out.
func Parse(ctx context.Context, rows iter.Seq2[Row, error], p *Parser, workers int) iter.Seq2[Result, error] {
	return func(yield func(Result, error) bool) {
		ctx, stop := context.WithCancel(ctx)
		type batch struct {
			rows    []Row
			results []Result
			err     error
			done    chan struct{}
		}
		work := make(chan *batch)
		ordered := make(chan *batch, 2*max(workers, 1))
		var running sync.WaitGroup
		defer running.Wait()
		defer stop()

		for range max(workers, 1) {
			running.Go(func() {
				for b := range work {
					b.results = make([]Result, len(b.rows))
					for i, row := range b.rows {
						b.results[i] = p.Parse(row)
					}
					close(b.done)
				}
			})
		}
		running.Go(func() {
			defer close(ordered)
			defer close(work)
			send := func(b *batch) bool {
				b.done = make(chan struct{})
				select {
				case ordered <- b:
				case <-ctx.Done():
					return false
				}
				select {
				case work <- b:
					return true
				case <-ctx.Done():
					return false
				}
			}
			b, size := &batch{}, 0
			for row, err := range rows {
				if err != nil {
					b.err = err
					break
				}
				b.rows = append(b.rows, row)
				size += textSize(row.Cells)
				if len(b.rows) == batchRows || size > batchBytes {
					if !send(b) {
						return
					}
					b, size = &batch{}, 0
				}
			}
			send(b)
		})
		for b := range ordered {
			select {
			case <-b.done:
			case <-ctx.Done():
				yield(Result{}, ctx.Err())
				return
			}
			for _, result := range b.results {
				if !yield(result, nil) {
					return
				}
			}
			if b.err != nil {
				yield(Result{}, b.err)
				return
			}
		}
		if err := ctx.Err(); err != nil {
			yield(Result{}, err)
		}
	}
}
