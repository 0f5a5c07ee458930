-- the sessions of each player, from one event to another: between two of them is a pause of more than 30 minutes
sessions AS (
  -- A window would sort all rows by player too, and each two of them are compared as texts.
  SELECT user_id, began, ended
  FROM (SELECT user_id, array_sort(array_agg(event_ts)) AS times FROM played GROUP BY user_id)
  CROSS JOIN UNNEST(
    filter(
      zip_with(times, CAST(ARRAY[NULL] AS ARRAY(TIMESTAMP)) || times, (at, last) ->
        IF(last IS NULL OR date_diff('millisecond', last, at) > 1800000, at)),
      at -> at IS NOT NULL
    ),
    filter(
      zip_with(times, slice(times, 2, cardinality(times)), (at, next) ->
        IF(next IS NULL OR date_diff('millisecond', at, next) > 1800000, at)),
      at -> at IS NOT NULL
    )
  ) AS t (began, ended)
)
