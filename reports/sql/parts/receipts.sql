-- purchases with real money: each transaction once, at its first receipt, in USD
receipts AS (
  SELECT min(user_id) AS user_id, min_by(amount_minor, event_ts) AS amount_minor
  FROM events
  WHERE traffic = 'player' AND event_type = 'iap_purchase' AND currency = 'USD'
    AND (:run_id IS NULL OR run_id = :run_id) AND event_ts < :until
  GROUP BY coalesce(transaction_id, event_id)
)
