-- title: Events over time
-- says: How many events were received in each second; in each minute, hour or day once the events lie further apart.
-- chart: timeline
-- unit: events
WITH span AS (
  SELECT date_diff('second', min(received_at), max(received_at)) AS seconds
  FROM events
),
grain AS (
  SELECT CASE WHEN seconds <= 180 THEN 'second'
              WHEN seconds <= 10800 THEN 'minute'
              WHEN seconds <= 604800 THEN 'hour'
              ELSE 'day' END AS unit
  FROM span
)
SELECT date_trunc(grain.unit, received_at) AS received, grain.unit AS grain, count(*) AS events
FROM events
CROSS JOIN grain
GROUP BY 1, 2
ORDER BY 1
