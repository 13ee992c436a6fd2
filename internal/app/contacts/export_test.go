package contacts

// Diff is diff, for tests.
var Diff = diff
