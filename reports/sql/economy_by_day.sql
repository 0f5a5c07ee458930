-- title: Gold: sources, sinks and supply
-- says: How much gold came into the players' wallets on each day and how much left them, and how much there is.
-- chart: flows
-- unit: gold
-- x: day
-- y: source (earned), sink (spent), supply (in all wallets)
-- edges: Every event counts, as it does in the wallet. Supply is all sources less all sinks since the first event, at the end of the day; inflation is the day's net over the supply of the day before. Gold that is bought with money is a source, a refund takes it back.
-- with: calendar
WITH flows AS (
  SELECT
    date(event_ts) AS day,
    CASE event_type
      WHEN 'earn_gold' THEN amount
      WHEN 'sell_item' THEN price * quantity
      WHEN 'iap_purchase' THEN gold
      ELSE 0 END AS source,
    CASE event_type
      WHEN 'spend_gold' THEN amount
      WHEN 'purchase_sword' THEN price * quantity
      WHEN 'purchase_item' THEN price * quantity
      WHEN 'iap_refund' THEN gold
      ELSE 0 END AS sink,
    CASE WHEN event_type <> 'iap_refund' THEN user_id END AS active
  FROM events
  WHERE traffic = 'player' AND (:run_id IS NULL OR run_id = :run_id) AND event_ts < :until
),
days AS (
  SELECT day, sum(source) AS source, sum(sink) AS sink, count(DISTINCT active) AS dau
  FROM flows
  GROUP BY day
),
counted AS (
  SELECT
    day,
    coalesce(source, 0) AS source,
    coalesce(sink, 0) AS sink,
    coalesce(source - sink, 0) AS net,
    coalesce(dau, 0) AS dau,
    sum(coalesce(source - sink, 0)) OVER (ORDER BY day ROWS UNBOUNDED PRECEDING) AS supply
  FROM calendar
  LEFT JOIN days USING (day)
)
SELECT
  day, source, sink, net,
  CAST(sink AS DOUBLE) / NULLIF(source, 0) AS sink_ratio,
  CAST(source AS DOUBLE) / NULLIF(dau, 0) AS source_per_dau,
  CAST(sink AS DOUBLE) / NULLIF(dau, 0) AS sink_per_dau,
  supply,
  CAST(net AS DOUBLE) / NULLIF(lag(supply) OVER (ORDER BY day), 0) AS inflation
FROM counted
ORDER BY day
