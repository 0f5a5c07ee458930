"""Player state: what each player has now, always equal to the fold of the landed events.

state       the values: what one player has, and how far the store has got
fold        the rules of the catalog, applied to a player's events in order
store       the seam: what a store has to promise
redis       the store that is there by default
cassandra   the store that is there where the settings say so
rows        what it keeps of a player, so that marks are true without a transaction
proof       the same state once more from Presto, and what differs
"""
