"""Players that behave like players: weeks of play from a seed, sent as a game would send them.

    world.py      the numbers of the made-up game: hours, prices, guilds, products
    gold.py       what an event does to a wallet
    life.py       one player, from the first visit to the last: decisions -> events
    delivery.py   visits -> requests, with late, repeated and malformed events and wrong clocks among them
    sending.py    requests -> collector, and what it answered
    oracle/       the expected answer of each figure, in plain Python, from the players and not from the lake
    runs.py       a whole simulation, and the file that remembers its answers

Everything before `sending.py` is pure: the same seed gives the same bytes. Times are milliseconds since the
start of the simulation's first day (UTC); only the sender knows the date.
"""
