-- title: Top spenders
-- says: The players who paid most with real money, at most 100 of them.
-- chart: none
-- edges: In cents of USD; money of another currency is left out. Each transaction counts once, at its first receipt. Refunds are left out. Equal amounts are ordered by the player's name.
WITH receipts AS (
  SELECT min(user_id) AS user_id, min_by(amount_minor, event_ts) AS amount_minor
  FROM events
  WHERE traffic = 'player' AND event_type = 'iap_purchase' AND currency = 'USD'
    AND (:run_id IS NULL OR run_id = :run_id) AND event_ts < :until
  GROUP BY coalesce(transaction_id, event_id)
)
SELECT user_id, count(*) AS purchases, sum(amount_minor) AS gross_minor
FROM receipts
GROUP BY user_id
ORDER BY gross_minor DESC, user_id
LIMIT 100
