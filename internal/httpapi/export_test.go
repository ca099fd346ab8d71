package httpapi

// What the tests reach inside for.
var (
	DecodeRequest = decodeRequest
	DecodeQuery   = decodeQuery
	Bearer        = bearer
	ParseMessage  = parseMessage
	NewDocuments  = newDocuments
)
