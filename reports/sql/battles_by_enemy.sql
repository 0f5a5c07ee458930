-- title: Battles
-- says: How often each enemy was fought, and which share of these battles was won, with a 95 % interval.
-- chart: shares
-- unit: %
-- x: enemy
-- y: won, battles
-- edges: The interval is Wilson's, with z = 1.96. Fewer than 30 battles are marked: they say little.
WITH counted AS (
  SELECT enemy, count(*) AS battles, count_if(outcome = 'won') AS won
  FROM events
  WHERE event_type = 'battle'
    AND traffic = 'player' AND (:run_id IS NULL OR run_id = :run_id) AND event_ts < :until
  GROUP BY enemy
),
rates AS (
  SELECT
    enemy, battles, won,
    CAST(battles AS DOUBLE) / sum(battles) OVER () AS pick_rate,
    CAST(won AS DOUBLE) / battles AS win_rate,
    1.96e0 * 1.96e0 / battles AS spread
  FROM counted
),
intervals AS (
  SELECT
    *,
    (win_rate + spread / 2) / (1 + spread) AS middle,
    1.96e0 / (1 + spread) * sqrt(win_rate * (1 - win_rate) / battles + spread / (4 * battles)) AS half
  FROM rates
)
SELECT
  enemy, battles, pick_rate, won, win_rate,
  middle - half AS low,
  middle + half AS high,
  battles < 30 AS is_small
FROM intervals
ORDER BY battles DESC, enemy
