package licensing

import (
	"context"
	"fmt"

	"purser/ent"
	"purser/ent/licenserequest"
	"purser/graph/model"
	"purser/internal/audit"
	"purser/internal/fault"
	"purser/internal/id"
	"purser/internal/instant"
	"purser/internal/note"
	"purser/internal/outbox"
	"purser/internal/store"
	"purser/internal/viewer"
)

// MostWished is how many users one request can be for.
const MostWished = 100

// deciders are who may decide on requests, and so who is told of them.
var deciders = []viewer.Role{viewer.GlobalAdmin, viewer.LicenseAdmin, viewer.UserAdmin}

// Wish is a wish for licenses.
type Wish struct {
	ProductID string
	UserIDs   []string // who is to get one, 1 to 100
	Message   *string  // what there is to say about it, at most 2,000 characters
}

// RequestLicenses asks the administrators that users get licenses of a product that the viewer, a user of
// the tenant, may not buy, and returns the request's id. The request, its event and the mails to those who can
// decide are one transaction. It returns fault.Forbidden for who is no user of the tenant; at "productId"
// fault.NotFound, NotEligible for an offer type and for what the viewer may buy, and Conflict while the
// same user's last request for it is open; fault.Invalid at "message" and "userIds"; and at each user who is wrong
// fault.Invalid, NotFound, NotEligible or AlreadyLicensed.
func (s *Service) RequestLicenses(ctx context.Context, w Wish) (requestID string, err error) {
	v, ok := viewer.From(ctx)
	if !ok {
		return "", fault.New(fault.Internal, "requesting licenses without a viewer")
	}
	if v.User == "" || !v.Roles.Has(viewer.Member) {
		return "", fault.New(fault.Forbidden, "Only a user of the tenant can request licenses.")
	}
	who, err := named("userIds", w.UserIDs, MostWished)
	if err != nil {
		return "", err
	}
	if err := note.Check(w.Message, "message"); err != nil {
		return "", err
	}
	err = s.db.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		product, err := s.requestable(ctx, tx, v, w.ProductID)
		if err != nil {
			return err
		}
		users, err := canBeWishedFor(ctx, tx, v, product, who)
		if err != nil {
			return err
		}
		requestID = s.ids.New(id.LicenseRequest)
		return s.request(ctx, tx, v, requestID, product, users, w.Message)
	})
	if err != nil {
		return "", err
	}
	store.AfterCommit(ctx, s.outbox.Wake)
	return requestID, nil
}

// requestable returns the product, if the viewer may ask for it. It lets one request of the same
// viewer in at a time.
func (s *Service) requestable(ctx context.Context, tx *store.Tx, v viewer.Viewer, productID string) (*ent.Product, error) {
	if err := lockRequester(ctx, tx, v); err != nil {
		return nil, err
	}
	product, err := tx.Product.Get(ctx, id.Known(productID))
	if ent.IsNotFound(err) {
		return nil, fault.New(fault.NotFound, "There is no such product.").At("productId")
	}
	if err != nil {
		return nil, fmt.Errorf("read the product: %w", err)
	}
	if product.Kind != string(model.ProductKindProduct) {
		return nil, fault.New(fault.NotEligible, "%s is an offer type: there are no licenses of it.", product.Name).At("productId")
	}
	buys, err := mayBuy(ctx, tx, v, product)
	if err != nil {
		return nil, err
	}
	if buys {
		return nil, fault.New(fault.NotEligible, "You may buy %s yourself.", product.Name).At("productId")
	}
	open, err := tx.LicenseRequest.Query().Where(licenserequest.RequestedBy(v.User), licenserequest.ProductID(product.ID),
		licenserequest.Status(string(model.LicenseRequestStatusPending))).Exist(ctx)
	if err != nil {
		return nil, fmt.Errorf("look for open requests: %w", err)
	}
	if open {
		return nil, fault.New(fault.Conflict, "You have asked for %s already; wait for the decision.", product.Name).At("productId")
	}
	return product, nil
}

// lockRequester keeps the same user's other requests waiting until the transaction ends, and nobody else.
func lockRequester(ctx context.Context, tx *store.Tx, v viewer.Viewer) error {
	if !tx.Postgres() {
		return nil // there is one writer anyway
	}
	if _, err := tx.Exec(ctx, "SELECT 1 FROM users WHERE id = ? AND COALESCE(tenant_id = ?, FALSE) FOR NO KEY UPDATE", v.User, v.Tenant); err != nil {
		return fmt.Errorf("lock who asks: %w", err)
	}
	return nil
}

// canBeWishedFor returns the users, in the order of the request, unless something is wrong with any.
func canBeWishedFor(ctx context.Context, tx *store.Tx, v viewer.Viewer, product *ent.Product, who people) ([]*ent.User, error) {
	holds, err := holders(ctx, tx, v.Tenant, product.ID, who.ids)
	if err != nil {
		return nil, err
	}
	known, problems, err := who.check(ctx, tx, func(u *ent.User) *fault.Error {
		if f := eligible(u, model.PurchaseSourceCentral); f != nil || !holds[u.ID] {
			return f
		}
		return fault.New(fault.AlreadyLicensed, "%s already holds a license of %s.", u.DisplayName, product.Name)
	})
	if err != nil {
		return nil, err
	}
	if len(problems) > 0 {
		return nil, who.refuse(nil, problems)
	}
	users := make([]*ent.User, len(who.ids))
	for i, u := range who.ids {
		users[i] = known[u]
	}
	return users, nil
}

func (s *Service) request(ctx context.Context, tx *store.Tx, v viewer.Viewer, requestID string, product *ent.Product, users []*ent.User, message *string) error {
	at := instant.From(s.now())
	if message != nil && *message == "" {
		message = nil
	}
	err := tx.LicenseRequest.Create().SetID(requestID).SetProductID(product.ID).SetRequestedBy(v.User).SetRequestedAt(at).
		SetNillableMessage(message).SetStatus(string(model.LicenseRequestStatusPending)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("request licenses: %w", err)
	}
	rows, names := make([]*ent.LicenseRequestUserCreate, len(users)), make([]string, len(users))
	for i, u := range users {
		rows[i] = tx.LicenseRequestUser.Create().SetRequestID(requestID).SetUserID(u.ID).SetDecision(string(model.LicenseRequestDecisionPending))
		names[i] = u.DisplayName
	}
	if err := tx.LicenseRequestUser.CreateBulk(rows...).Exec(ctx); err != nil {
		return fmt.Errorf("request licenses: %w", err)
	}
	if err := s.trail.Record(ctx, tx, audit.Event{Action: audit.LicensesRequested, Subject: requestID, Changes: []audit.Change{
		audit.Changed("product", "", product.ID),
	}}); err != nil {
		return err
	}
	about := outbox.LicenseRequested{Request: requestID, Product: product.Name, By: v.Name, People: names, At: at}
	if message != nil {
		about.Message = *message
	}
	return s.tellDeciders(ctx, tx, about)
}

func (s *Service) tellDeciders(ctx context.Context, tx *store.Tx, about outbox.Content) error {
	admins, err := outbox.Admins(ctx, tx, deciders...)
	if err != nil || len(admins) == 0 {
		return err
	}
	mails := make([]outbox.Mail, len(admins))
	for i, a := range admins {
		mails[i] = outbox.Mail{To: a, About: about}
	}
	_, err = s.outbox.QueueAll(ctx, tx, mails)
	return err
}
