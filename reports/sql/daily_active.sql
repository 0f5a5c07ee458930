-- title: Active players
-- says: How many players were active on each day, within seven days and within thirty, how many of them were new, and how sticky the game is.
-- chart: lines
-- unit: players
-- x: day
-- y: dau (one day), wau (7 days), mau (30 days)
-- edges: Days are UTC, of corrected event time. Active is who did anything; a refund is not the player's doing. WAU and MAU count each player once, and are NULL before a whole window has passed. New is who has no earlier day in all of history. Stickiness is DAU/MAU; the second one leaves new players out of both.
-- with: played, activity, calendar
-- An active day counts for thirty days, or until the player's next one: how many days ago it was on each.
WITH followed AS (
  SELECT
    user_id,
    day,
    lag(day) OVER (PARTITION BY user_id ORDER BY day) IS NULL AS is_first,
    date_diff('day', day, lead(day) OVER (PARTITION BY user_id ORDER BY day)) AS until_next
  FROM activity
),
latest AS (
  SELECT date_add('day', ago, day) AS day, ago, is_first
  FROM followed
  CROSS JOIN UNNEST(sequence(0, least(29, coalesce(until_next - 1, 29)))) AS t (ago)
),
windows AS (
  SELECT
    day,
    count_if(ago = 0) AS dau,
    count_if(ago < 7) AS wau,
    count(*) AS mau,
    count_if(ago = 0 AND is_first) AS new_users
  FROM latest
  GROUP BY day
),
counted AS (
  SELECT
    day,
    coalesce(dau, 0) AS dau,
    CASE WHEN age >= 6 THEN coalesce(wau, 0) END AS wau,
    CASE WHEN age >= 29 THEN coalesce(mau, 0) END AS mau,
    coalesce(new_users, 0) AS new_users
  FROM calendar
  LEFT JOIN windows USING (day)
)
SELECT
  day, dau, wau, mau, new_users,
  CAST(dau AS DOUBLE) / NULLIF(mau, 0) AS stickiness,
  CAST(dau - new_users AS DOUBLE) / NULLIF(mau - new_users, 0) AS actual_stickiness
FROM counted
ORDER BY day
