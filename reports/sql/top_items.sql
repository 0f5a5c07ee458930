-- title: Top items
-- says: What players bought with gold, by how much gold they paid for it; at most 100 items.
-- chart: bars
-- unit: gold
-- x: event_type, item
-- y: gold
-- edges: Gold, not money: none of it is revenue. Three of one item in one purchase are three.
SELECT
  event_type,
  CASE event_type WHEN 'purchase_sword' THEN sword_type ELSE kind END AS item,
  sum(quantity) AS bought,
  sum(price * quantity) AS gold
FROM events
WHERE event_type IN ('purchase_sword', 'purchase_item')
  AND traffic = 'player' AND (:run_id IS NULL OR run_id = :run_id) AND event_ts < :until
GROUP BY 1, 2
ORDER BY gold DESC, event_type, item
LIMIT 100
