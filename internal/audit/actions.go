package audit

// Action is what was done: subject.participle. docs/audit.md describes each for users.
type Action string

// Every action there is.
const (
	PolicySet           Action = "policy.set"              // a product's self-service policy
	PurchaseCanceled    Action = "purchase.canceled"       // by its purchaser or an admin, or at the end of a move
	PurchaseBought      Action = "purchase.bought"         // by a user, or centrally by an admin
	QuantityChanged     Action = "purchase.resized"        // more or fewer seats
	RenewalSet          Action = "purchase.renewal_set"    // recurring billing on or off
	PurchaseReactivated Action = "purchase.reactivated"    // ACTIVE again
	PurchaseRenewed     Action = "purchase.renewed"        // a new term began by itself
	TrialConverted      Action = "purchase.converted"      // a trial became a paid purchase by itself
	StatusChanged       Action = "purchase.lapsed"         // the next status came with time
	LicenseAssigned     Action = "license.assigned"        // to a user
	LicenseUnassigned   Action = "license.unassigned"      // from a user
	LicensesRequested   Action = "license_request.made"    // by a user
	RequestDecided      Action = "license_request.decided" // by an admin, for some of its people or all
	DefaultPolicySet    Action = "policy.default_set"      // what products without a policy of their own get
	OwnershipTaken      Action = "purchase.taken"          // from its purchaser: it is central now
	CancelRequested     Action = "purchase.asked"          // its purchaser, by mail, to cancel it
	PurchaseFrozen      Action = "purchase.frozen"         // a move from it was accepted
	PurchaseReleased    Action = "purchase.released"       // a move from it ended without emptying it
	SeatsReserved       Action = "purchase.reserved"       // seats for a move to it
	UsersReceived       Action = "purchase.received"       // the users of a move to it
	SeatsFreed          Action = "purchase.unreserved"     // seats for a move to it that was stopped
	MoveRequested       Action = "move.requested"          // accepted, and queued
	MoveSucceeded       Action = "move.succeeded"          // everyone moved; the source cancelled when nobody is left
	MoveFailed          Action = "move.failed"             // stopped by a fault; failure says which
	MoveCanceled        Action = "move.canceled"           // stopped by an admin
	ExportCreated       Action = "export.created"          // a list of licensed users
	TokenCreated        Action = "api_token.created"       // by an admin, on the command line, or by the bootstrap link
	TokenRevoked        Action = "api_token.revoked"       // by an admin, or on the command line
	PartnerGranted      Action = "partner_access.granted"  // to a partner's users, or anew
	PartnerRevoked      Action = "partner_access.revoked"  // from a partner's users
	TenantCreated       Action = "tenant.created"          // by the bootstrap link
	TenantImported      Action = "tenant.imported"         // an import file changed the tenant
)
