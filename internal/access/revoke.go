package access

import (
	"context"
	"fmt"

	"entgo.io/ent/dialect/sql"

	"purser/ent"
	"purser/ent/apitoken"
	"purser/internal/audit"
	"purser/internal/fault"
	"purser/internal/instant"
	"purser/internal/store"
	"purser/internal/viewer"
)

// RevokeToken ends a token of the viewer's tenant at once; one that was revoked before stays as it is. A global
// admin may, a partner's too. In one transaction: the token, its event, and the word to open connections. It returns
// fault.Forbidden or fault.NotFound.
func (s *Service) RevokeToken(ctx context.Context, tokenID string) error {
	v, _ := viewer.From(ctx)
	if !v.Roles.Has(viewer.GlobalAdmin) {
		return fault.New(fault.Forbidden, "Only a global admin revokes tokens.")
	}
	now := instant.From(s.now())
	err := s.db.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.APIToken.Update().Where(apitoken.ID(tokenID), apitoken.RevokedAtIsNil()).SetRevokedAt(now).Save(ctx)
		if err != nil {
			return fmt.Errorf("revoke a token: %w", err)
		}
		if n > 0 {
			return s.tell(ctx, tx, audit.TokenRevoked, tokenID, []audit.Change{audit.Changed("revokedAt", "", now.String())})
		}
		known, err := tx.APIToken.Query().Where(apitoken.ID(tokenID)).Exist(ctx)
		if err == nil && !known {
			err = fault.New(fault.NotFound, "There is no such token within your reach.").At("tokenId")
		}
		return err
	})
	if err != nil {
		return err
	}
	s.Changes.Happened(ctx, v.Tenant)
	return nil
}

// Tokens returns the tokens of the viewer's tenant that work, with their users, newest first. It is for the
// command line; the API reads pages of them.
func (s *Service) Tokens(ctx context.Context) ([]*ent.APIToken, error) {
	list, err := s.db.Client().APIToken.Query().Where(apitoken.RevokedAtIsNil(), apitoken.ExpiresAtGT(instant.From(s.now()))).
		WithUser().Order(apitoken.ByID(sql.OrderDesc())).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list tokens: %w", err)
	}
	return list, nil
}
