package takeover

import (
	"fmt"
	"slices"
	"time"

	"purser/graph/model"
)

// takeOver says why a purchase cannot be taken over; "" when it can.
func (l *ledger) takeOver(purchase string) string {
	switch p := l.purchases[purchase]; {
	case p.status == model.SubscriptionStatusDeleted:
		return "WRONG_STATUS"
	case p.source == model.PurchaseSourceCentral:
		return "NOT_SELF_SERVICE"
	case l.out(purchase) != "":
		return "MOVE_IN_PROGRESS"
	}
	return ""
}

// cancel cancels the purchase, or says why not. Its purchaser does it, or an admin who is not.
func (l *ledger) cancel(purchase string, byPurchaser bool, now time.Time) string {
	p := l.purchases[purchase]
	to := model.SubscriptionStatusDeleted
	if byPurchaser || p.source == model.PurchaseSourceCentral {
		to = model.SubscriptionStatusDisabled
	}
	switch {
	case p.status == model.SubscriptionStatusDeleted, p.status == to:
		return "WRONG_STATUS purchaseId"
	case l.out(purchase) != "", l.in(purchase):
		return "MOVE_IN_PROGRESS purchaseId"
	}
	p.status, p.canceled, p.renews = to, now, p.renews && to == model.SubscriptionStatusDeleted
	if to == model.SubscriptionStatusDeleted {
		clear(p.holders)
		l.mails[model.NotificationKindSubscriptionCanceled]++
	}
	return ""
}

// ask asks the purchasers to cancel, or says why not.
func (l *ledger) ask(purchases []string) (refusals []string) {
	purchasers := map[string]bool{}
	for i, id := range purchases {
		p, refusal := l.purchases[id], ""
		switch {
		case slices.Contains(purchases[:i], id):
			refusal = "INVALID"
		case p.status != model.SubscriptionStatusActive && p.status != model.SubscriptionStatusExpired:
			refusal = "WRONG_STATUS"
		case l.takeOver(id) != "":
			refusal = l.takeOver(id)
		case l.gone[p.purchaser]:
			refusal = "NOT_ELIGIBLE"
		}
		if refusal != "" {
			refusals = append(refusals, fmt.Sprintf("%s purchaseIds.%d", refusal, i))
		}
		purchasers[p.purchaser] = true
	}
	if len(refusals) == 0 {
		l.mails[model.NotificationKindCancellationRequested] += len(purchasers)
	}
	return refusals
}

// change imports a purchase's quantity and status, or says why not.
func (l *ledger) change(purchase string, quantity int, status model.SubscriptionStatus, now time.Time) string {
	p := l.purchases[purchase]
	if p.elapsed(status, now) {
		status = p.status
	}
	switch {
	case p.quantity == quantity && p.status == status, p.status == model.SubscriptionStatusDeleted && !p.canceled.IsZero():
		return ""
	case p.status == model.SubscriptionStatusDeleted:
		return "WRONG_STATUS"
	case l.out(purchase) != "":
		return "MOVE_IN_PROGRESS"
	case quantity < len(p.holders)+l.reserved(purchase) && status != model.SubscriptionStatusDeleted:
		return "QUANTITY_BELOW_ASSIGNED"
	case l.in(purchase) && status == model.SubscriptionStatusDeleted:
		return "MOVE_IN_PROGRESS"
	}
	if status == model.SubscriptionStatusActive && p.status != status {
		p.canceled = time.Time{}
	}
	p.quantity, p.status = quantity, status
	if status == model.SubscriptionStatusDeleted {
		clear(p.holders)
	}
	return ""
}

// give imports a license, or says why not.
func (l *ledger) give(purchase, user string) string {
	p := l.purchases[purchase]
	switch {
	case p.holders[user], p.status == model.SubscriptionStatusDeleted:
		return ""
	case l.gone[user]:
		return "has left"
	case l.out(purchase) != "":
		return "MOVE_IN_PROGRESS"
	case l.free(purchase) < 1:
		return "NOT_ENOUGH_SEATS"
	}
	p.holders[user] = true
	return ""
}
