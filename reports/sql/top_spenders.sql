-- title: Top spenders
-- says: The players who paid most with real money, at most 100 of them.
-- chart: bars
-- unit: USD
-- x: user_id
-- y: gross_minor
-- edges: In cents of USD; money of another currency is left out. Each transaction counts once, at its first receipt. Refunds are left out. Equal amounts are ordered by the player's name.
-- with: receipts
SELECT user_id, count(*) AS purchases, sum(amount_minor) AS gross_minor
FROM receipts
GROUP BY user_id
ORDER BY gross_minor DESC, user_id
LIMIT 100
