package access

// What the tests reach inside for.
var (
	NewSecret  = newSecret
	WellFormed = wellFormed
)
