-- title: Where gold comes from and where it goes
-- says: How much gold each source brought in and each sink took out, and which share of all that was.
-- chart: bars
-- unit: gold
-- x: event_type, item
-- y: gold, share_of_flow
-- by: flow
-- groups: source, sink
-- edges: Every event counts, as it does in the wallet. A refund takes bought gold back and is a sink that names no item.
WITH flows AS (
  SELECT
    CASE WHEN event_type IN ('earn_gold', 'sell_item', 'iap_purchase') THEN 'source' ELSE 'sink' END AS flow,
    event_type,
    CASE event_type
      WHEN 'earn_gold' THEN source
      WHEN 'sell_item' THEN item
      WHEN 'iap_purchase' THEN product
      WHEN 'spend_gold' THEN purpose
      WHEN 'purchase_sword' THEN sword_type
      WHEN 'purchase_item' THEN kind END AS item,
    CASE
      WHEN event_type IN ('earn_gold', 'spend_gold') THEN amount
      WHEN event_type IN ('iap_purchase', 'iap_refund') THEN gold
      ELSE price * quantity END AS gold
  FROM events
  WHERE traffic = 'player' AND (:run_id IS NULL OR run_id = :run_id) AND event_ts < :until
    AND event_type IN (
      'earn_gold', 'sell_item', 'iap_purchase', 'spend_gold', 'purchase_sword', 'purchase_item', 'iap_refund'
    )
),
summed AS (
  SELECT flow, event_type, item, count(*) AS events, sum(gold) AS gold
  FROM flows
  GROUP BY flow, event_type, item
)
SELECT
  flow, event_type, item, events, gold,
  CAST(gold AS DOUBLE) / NULLIF(sum(gold) OVER (PARTITION BY flow), 0) AS share_of_flow
FROM summed
ORDER BY flow, gold DESC, event_type, item
