-- title: Return rate of all players
-- says: Of all players who were active on a day, new or not, how many were active again exactly 1, 7 and 30 days later.
-- chart: lines
-- unit: %
-- x: day
-- y: return_rate
-- by: n (day)
-- across: n
-- edges: Not the retention of new players: here a cohort is everyone who was active. NULL where the later day is not over.
-- with: played, activity, calendar
WITH cells AS (
  SELECT calendar.day, n, count(user_id) AS players
  FROM calendar
  CROSS JOIN UNNEST(ARRAY[1, 7, 30]) AS t (n)
  LEFT JOIN activity ON activity.day = calendar.day
  GROUP BY calendar.day, n
),
returned AS (
  SELECT earlier.day, n, count(*) AS players
  FROM activity AS earlier
  CROSS JOIN UNNEST(ARRAY[1, 7, 30]) AS t (n)
  JOIN activity AS later ON later.user_id = earlier.user_id AND later.day = date_add('day', n, earlier.day)
  GROUP BY earlier.day, n
),
counted AS (
  SELECT
    cells.day,
    cells.n,
    cells.players,
    CASE WHEN date_add('day', cells.n, cells.day) < date(:until) THEN coalesce(returned.players, 0) END AS returned
  FROM cells
  LEFT JOIN returned ON returned.day = cells.day AND returned.n = cells.n
)
SELECT day, n, players, returned, CAST(returned AS DOUBLE) / NULLIF(players, 0) AS return_rate
FROM counted
ORDER BY day, n
