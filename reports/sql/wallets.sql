-- title: Who has the gold
-- says: How much gold players have at the end of the last day, and how it is spread.
-- chart: row
-- unit: gold
-- y: p10 (1 of 10 has at most), p50 (half have at most), p90 (9 of 10 have at most), p99 (99 of 100 have at most)
-- edges: A wallet is all sources less all sinks, as in the player's state. Percentiles are exact: the smallest wallet that is not below that share of all. A wallet below zero would be a fault.
WITH balances AS (
  SELECT
    user_id,
    sum(CASE event_type
      WHEN 'earn_gold' THEN amount
      WHEN 'sell_item' THEN price * quantity
      WHEN 'iap_purchase' THEN gold
      WHEN 'spend_gold' THEN -amount
      WHEN 'purchase_sword' THEN -price * quantity
      WHEN 'purchase_item' THEN -price * quantity
      WHEN 'iap_refund' THEN -gold
      ELSE 0 END) AS gold
  FROM events
  WHERE traffic = 'player' AND (:run_id IS NULL OR run_id = :run_id) AND event_ts < :until
  GROUP BY user_id
),
ranked AS (
  SELECT gold, row_number() OVER (ORDER BY gold) AS rank, count(*) OVER () AS players
  FROM balances
),
summed AS (
  SELECT
    count(*) AS players,
    coalesce(sum(gold), 0) AS gold,
    min(CASE WHEN rank * 100 >= players * 10 THEN gold END) AS p10,
    min(CASE WHEN rank * 100 >= players * 50 THEN gold END) AS p50,
    min(CASE WHEN rank * 100 >= players * 90 THEN gold END) AS p90,
    min(CASE WHEN rank * 100 >= players * 99 THEN gold END) AS p99,
    sum(CASE WHEN players - rank < ceiling(players / 1e2) THEN gold END) AS of_richest,
    count_if(gold < 0) AS below_zero
  FROM ranked
)
SELECT
  players, gold, p10, p50, p90, p99,
  CAST(of_richest AS DOUBLE) / NULLIF(gold, 0) AS share_of_richest_1_percent,
  below_zero
FROM summed
