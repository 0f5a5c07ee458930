-- title: Return rate of all players
-- says: Of all players who were active on a day, new or not, how many were active again exactly 1, 7 and 30 days later.
-- chart: lines
-- unit: %
-- x: day
-- y: return_rate
-- by: n (day)
-- across: n
-- edges: Not the retention of new players: here a cohort is everyone who was active. NULL where the later day is not over.
-- with: played, activity, lives, calendar
WITH returns AS (
  SELECT t.day, n, count(*) AS players, count_if(contains(days, date_add('day', n, t.day))) AS returned
  FROM lives
  CROSS JOIN UNNEST(days) AS t (day)
  CROSS JOIN UNNEST(ARRAY[1, 7, 30]) AS u (n)
  GROUP BY t.day, n
),
counted AS (
  SELECT
    calendar.day,
    u.n,
    coalesce(players, 0) AS players,
    CASE WHEN date_add('day', u.n, calendar.day) < date(:until) THEN coalesce(returned, 0) END AS returned
  FROM calendar
  CROSS JOIN UNNEST(ARRAY[1, 7, 30]) AS u (n)
  LEFT JOIN returns ON returns.day = calendar.day AND returns.n = u.n
)
SELECT day, n, players, returned, CAST(returned AS DOUBLE) / NULLIF(players, 0) AS return_rate
FROM counted
ORDER BY day, n
