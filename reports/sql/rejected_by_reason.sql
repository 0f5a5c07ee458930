-- title: Rejected, by reason
-- says: How many requests the collector refused and how many records the stream could not land, and why.
-- chart: bars
-- unit: records
SELECT stage, reason, count(*) AS records
FROM rejected_events
GROUP BY stage, reason
ORDER BY records DESC, stage, reason
LIMIT 15
