package quickbooks

// SetPageSize makes pages smaller until the test ends.
func SetPageSize(n int) (restore func()) {
	before := pageSize
	pageSize = n
	return func() { pageSize = before }
}
