-- title: Guilds and coming back
-- says: Of the players who joined a guild on their first or second day, and of those who did not, how many were active on day 7.
-- chart: shares
-- unit: %
-- x: joined (joined early)
-- y: returned, players
-- edges: The time to join is the same for all, so that who stays longer has no more chance to join. Only cohorts whose day 7 is over. That two things go together does not say that one makes the other.
-- with: played, activity, lives
WITH joins AS (
  SELECT user_id, min(date(event_ts)) AS day
  FROM events
  WHERE event_type = 'join_guild'
    AND traffic = 'player' AND (:run_id IS NULL OR run_id = :run_id) AND event_ts < :until
  GROUP BY user_id
),
players AS (
  SELECT
    coalesce(joins.day <= date_add('day', 1, cohort), false) AS joined,
    contains(days, date_add('day', 7, cohort)) AS returned
  FROM lives
  LEFT JOIN joins USING (user_id)
  WHERE date_add('day', 7, cohort) < date(:until)
),
counted AS (
  SELECT joined, count(*) AS players, count_if(returned) AS returned
  FROM players
  GROUP BY joined
)
SELECT
  joined,
  coalesce(players, 0) AS players,
  coalesce(returned, 0) AS returned,
  CAST(returned AS DOUBLE) / players AS retention
FROM UNNEST(ARRAY[true, false]) AS t (joined)
LEFT JOIN counted USING (joined)
ORDER BY joined DESC
