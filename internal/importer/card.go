package importer

import "io"

func (f *File) openCards(r io.ReaderAt, size int64, head []byte) error { return notCSV("soon") }
func (f *File) openWorkbook(r io.ReaderAt, size int64) error           { return notCSV("soon") }
