-- title: Late events and wrong clocks
-- says: How many events were received more than an hour after they happened, and how far the clients' clocks were behind the collector's.
-- chart: shares
-- unit: %
-- x: traffic
-- y: late, events
-- edges: Late is by corrected event time. Skew is the collector's clock less the client's, in seconds; an event's time on the way is part of it. A simulation sends weeks of play at once, so nearly all of its events are late: that says nothing about the pipeline.
SELECT
  traffic,
  count(*) AS events,
  count_if(date_diff('second', event_ts, received_at) > 3600) AS late,
  CAST(count_if(date_diff('second', event_ts, received_at) > 3600) AS DOUBLE) / count(*) AS late_share,
  count(client_ts) AS with_client_time,
  round(approx_percentile(date_diff('millisecond', client_ts, received_at) / 1e3, 0.5), 3) AS skew_p50,
  round(approx_percentile(date_diff('millisecond', client_ts, received_at) / 1e3, 0.99), 3) AS skew_p99
FROM events
GROUP BY traffic
ORDER BY events DESC, traffic
