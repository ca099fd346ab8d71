package audit

// Action is what was done: subject.participle. docs/audit.md describes each for users.
type Action string

// Every action there is.
const (
	PolicySet        Action = "policy.set"          // a product's self-service policy
	PurchaseCanceled Action = "purchase.canceled"   // by its purchaser or an admin, or at the end of a move
	OwnershipTaken   Action = "purchase.taken"      // from its purchaser: it is central now
	CancelRequested  Action = "purchase.asked"      // its purchaser, by mail, to cancel it
	PurchaseFrozen   Action = "purchase.frozen"     // a move from it was accepted
	PurchaseReleased Action = "purchase.released"   // a move from it ended without emptying it
	SeatsReserved    Action = "purchase.reserved"   // seats for a move to it
	UsersReceived    Action = "purchase.received"   // the users of a move to it
	SeatsFreed       Action = "purchase.unreserved" // seats for a move to it that was stopped
	MoveRequested    Action = "move.requested"      // accepted, and queued
	MoveSucceeded    Action = "move.succeeded"      // everyone moved; the source cancelled when nobody is left
	MoveFailed       Action = "move.failed"         // stopped by a fault; failure says which
	MoveCanceled     Action = "move.canceled"       // stopped by an admin
	ExportCreated    Action = "export.created"      // a list of licensed users
	TokenCreated     Action = "api_token.created"   // on the command line
	TenantImported   Action = "tenant.imported"     // an import file changed the tenant
)
