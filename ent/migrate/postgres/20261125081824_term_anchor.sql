-- +goose Up
-- modify "purchases" table
ALTER TABLE "purchases" ADD COLUMN "term_anchor" bigint NOT NULL DEFAULT 0;
-- terms are counted from the purchase, or from the last time that they began anew: as the audit trail
-- tells, at a reactivation or at the end of a trial, at the time of the day at which they end since
UPDATE purchases SET term_anchor = COALESCE((
  SELECT CASE e.action WHEN 'purchase.reactivated' THEN e.at / 86400000 * 86400000
      ELSE CAST(EXTRACT(EPOCH FROM CAST(substr(e.changes, strpos(e.changes, '"expiresAt","') + 13, 10) AS timestamp)) AS bigint) * 1000 END + purchases.expires_at % 86400000
  FROM audit_events e WHERE e.tenant_id = purchases.tenant_id AND e.subject_id = purchases.id
    AND e.action IN ('purchase.reactivated', 'purchase.converted') AND e.changes LIKE '%"expiresAt"%'
  ORDER BY e.id DESC LIMIT 1), purchased_at);

-- +goose Down
-- reverse: modify "purchases" table
ALTER TABLE "purchases" DROP COLUMN "term_anchor";
