-- every event that a player began; a refund is begun by the shop
played AS (
  SELECT user_id, event_ts, date(event_ts) AS day
  FROM events
  WHERE traffic = 'player' AND event_type <> 'iap_refund'
    AND (:run_id IS NULL OR run_id = :run_id) AND event_ts < :until
)
