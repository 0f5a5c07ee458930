-- title: What is in the lake
-- says: How many events have landed, of how many players and types, and between which two moments they were received.
SELECT
  count(*) AS events,
  count(DISTINCT user_id) AS players,
  count(DISTINCT event_type) AS event_types,
  min(received_at) AS first_received,
  max(received_at) AS last_received
FROM events
