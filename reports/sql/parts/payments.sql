-- purchases and refunds with real money: each transaction once, at its first receipt, in USD
payments AS (
  SELECT
    event_type,
    min(user_id) AS user_id,
    date(min(event_ts)) AS day,
    min_by(amount_minor, event_ts) AS amount_minor
  FROM events
  WHERE traffic = 'player' AND event_type IN ('iap_purchase', 'iap_refund') AND currency = 'USD'
    AND (:run_id IS NULL OR run_id = :run_id) AND event_ts < :until
  GROUP BY event_type, coalesce(transaction_id, event_id)
)
