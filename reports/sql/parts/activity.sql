-- who was active on which day: whoever began an event; a refund is begun by the shop
activity AS (
  SELECT DISTINCT user_id, date(event_ts) AS day
  FROM events
  WHERE traffic = 'player' AND event_type <> 'iap_refund'
    AND (:run_id IS NULL OR run_id = :run_id) AND event_ts < :until
)
