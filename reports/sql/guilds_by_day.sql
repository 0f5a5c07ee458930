-- title: Guilds
-- says: How many players were in a guild at the end of each day, how many joined and left, how many guilds were alive and how large.
-- chart: flows
-- unit: players
-- x: day
-- y: joins (joined), leaves (left), members (in a guild)
-- edges: What a player did last decides: to join another guild is to leave the first, without an event of leaving; who left and joined again counts as two joins and one member. A guild is active when a member was active on that day. The median is exact.
-- with: played, activity, calendar, active_days
WITH moves AS (
  SELECT
    user_id,
    event_type,
    guild_name,
    date(event_ts) AS day,
    date(lead(event_ts) OVER (PARTITION BY user_id ORDER BY event_ts)) AS next_day
  FROM events
  WHERE event_type IN ('join_guild', 'leave_guild')
    AND traffic = 'player' AND (:run_id IS NULL OR run_id = :run_id) AND event_ts < :until
),
memberships AS (
  SELECT user_id, guild_name, day, coalesce(next_day, date(:until)) AS until_day
  FROM moves
  WHERE event_type = 'join_guild' AND (next_day IS NULL OR next_day > day)
),
members AS (
  SELECT user_id, guild_name, t.day
  FROM memberships
  CROSS JOIN UNNEST(sequence(memberships.day, date_add('day', -1, until_day), INTERVAL '1' DAY)) AS t (day)
),
guilds AS (
  SELECT
    members.day,
    guild_name,
    count(*) AS members,
    count(activity.user_id) AS active_members
  FROM members
  LEFT JOIN activity ON activity.user_id = members.user_id AND activity.day = members.day
  GROUP BY members.day, guild_name
),
guild_days AS (
  SELECT
    day,
    sum(members) AS members,
    sum(active_members) AS active_members,
    count_if(active_members > 0) AS active_guilds,
    CAST(count(*) AS INTEGER) AS guilds,
    array_sort(array_agg(members)) AS sizes
  FROM guilds
  GROUP BY day
),
move_days AS (
  SELECT day, count_if(event_type = 'join_guild') AS joins, count_if(event_type = 'leave_guild') AS leaves
  FROM moves
  GROUP BY day
)
SELECT
  day,
  coalesce(members, 0) AS members,
  coalesce(joins, 0) AS joins,
  coalesce(leaves, 0) AS leaves,
  coalesce(joins - leaves, 0) AS net,
  coalesce(active_guilds, 0) AS active_guilds,
  (element_at(sizes, (guilds + 1) / 2) + element_at(sizes, guilds / 2 + 1)) / 2e0 AS median_size,
  CAST(coalesce(active_members, 0) AS DOUBLE) / NULLIF(dau, 0) AS share_of_dau
FROM calendar
LEFT JOIN guild_days USING (day)
LEFT JOIN move_days USING (day)
LEFT JOIN active_days USING (day)
ORDER BY day
