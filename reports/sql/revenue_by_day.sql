-- title: Revenue
-- says: What players paid with real money on each day, how many paid, and what that is for each active player.
-- chart: flows
-- unit: USD
-- x: day
-- y: gross_minor (paid), refunded_minor (refunded), arpdau_minor (for each active player)
-- edges: In cents of USD; money of another currency is left out, for there is no table of rates. Each transaction counts once, at its first receipt. A refund is negative on the day of the refund. Gold is never revenue.
-- with: played, activity, payments, calendar, active_days
WITH paid AS (
  SELECT
    day,
    count_if(event_type = 'iap_purchase') AS purchases,
    sum(CASE WHEN event_type = 'iap_purchase' THEN amount_minor ELSE 0 END) AS gross_minor,
    sum(CASE WHEN event_type = 'iap_refund' THEN amount_minor ELSE 0 END) AS refunded_minor,
    count(DISTINCT CASE WHEN event_type = 'iap_purchase' THEN user_id END) AS payers
  FROM payments
  GROUP BY day
),
counted AS (
  SELECT
    day,
    coalesce(purchases, 0) AS purchases,
    coalesce(gross_minor, 0) AS gross_minor,
    coalesce(refunded_minor, 0) AS refunded_minor,
    coalesce(gross_minor - refunded_minor, 0) AS net_minor,
    coalesce(payers, 0) AS payers,
    coalesce(dau, 0) AS dau
  FROM calendar
  LEFT JOIN paid USING (day)
  LEFT JOIN active_days USING (day)
)
SELECT
  day, purchases, gross_minor, refunded_minor, net_minor, payers,
  CAST(net_minor AS DOUBLE) / NULLIF(dau, 0) AS arpdau_minor,
  CAST(payers AS DOUBLE) / NULLIF(dau, 0) AS paying_share,
  CAST(gross_minor AS DOUBLE) / NULLIF(purchases, 0) AS mean_price_minor
FROM counted
ORDER BY day
