-- title: Revenue for each player, by week
-- says: What each active player and each paying player brought in, in periods of seven days from the first day.
-- chart: days
-- unit: USD
-- x: starts (week, at its first day)
-- y: arpu_minor
-- edges: In cents of USD; money of another currency is left out. Each transaction counts once, at its first receipt. Refunds are negative. Players and payers are those of the same seven days. A week that is not over is NULL.
-- with: played, activity, payments, calendar
WITH weeks AS (
  SELECT age / 7 AS week, min(day) AS starts
  FROM calendar
  GROUP BY 1
),
users AS (
  SELECT date_diff('day', date(:first_day), day) / 7 AS week, count(DISTINCT user_id) AS players
  FROM activity
  GROUP BY 1
),
paid AS (
  SELECT
    date_diff('day', date(:first_day), day) / 7 AS week,
    count(DISTINCT CASE WHEN event_type = 'iap_purchase' THEN user_id END) AS payers,
    sum(CASE WHEN event_type = 'iap_purchase' THEN amount_minor ELSE -amount_minor END) AS net_minor
  FROM payments
  GROUP BY 1
),
counted AS (
  SELECT
    starts,
    coalesce(players, 0) AS players,
    coalesce(payers, 0) AS payers,
    coalesce(net_minor, 0) AS net_minor,
    date_add('day', 7, starts) <= date(:until) AS is_over
  FROM weeks
  LEFT JOIN users USING (week)
  LEFT JOIN paid USING (week)
)
SELECT
  starts,
  IF(is_over, players) AS players,
  IF(is_over, payers) AS payers,
  IF(is_over, net_minor) AS net_minor,
  IF(is_over, CAST(net_minor AS DOUBLE) / NULLIF(players, 0)) AS arpu_minor,
  IF(is_over, CAST(net_minor AS DOUBLE) / NULLIF(payers, 0)) AS arppu_minor
FROM counted
ORDER BY starts
