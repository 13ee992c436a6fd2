package contacts

// Diff is diff, for tests.
var Diff = diff

// BulkChunk is bulkChunk, for tests that break it off.
var BulkChunk = (*Contacts).bulkChunk
