-- totals_of_players: how many players there are, and for what they have the sum of all that events did to it.
-- The sums follow from the state rules of the catalog, the bounds are the marks of the store.
SELECT {columns}
FROM events
WHERE {below}
