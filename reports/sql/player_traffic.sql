-- title: Who played
-- says: How many events players made on days that are over, how many of them were simulated, and between which days.
-- chart: none
-- edges: Landed events with traffic = player; ab's own are load, and are not counted here. A simulation is known by its run_id. The first day is one on which a player was active: a refund is not the player's doing.
SELECT
  count(*) AS events,
  count(DISTINCT user_id) AS players,
  count_if(run_id LIKE 'sim-%') AS simulated,
  date(min(event_ts) FILTER (WHERE event_type <> 'iap_refund')) AS first_day,
  date(max(event_ts)) AS last_day
FROM events
WHERE traffic = 'player' AND (:run_id IS NULL OR run_id = :run_id) AND event_ts < :until
