"""What the pipeline is: each part and why it is there, what goes beyond the assignment, the limits."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Component:
    """One part of the pipeline; `key` finds its version in what the report is given."""

    key: str
    name: str
    does: str
    why: str


COMPONENTS = (
    Component(
        key="ab",
        name="Apache Bench",
        does="sends the requests that a game's clients would send",
        why="real HTTP from outside: the pipeline is measured as its users meet it",
    ),
    Component(
        key="collector",
        name="Collector (granian, msgspec)",
        does="checks each request against the catalog, and answers 2xx only when Kafka has the event",
        why="a 2xx is a promise: no dead or full Kafka loses an event that was called safe",
    ),
    Component(
        key="kafka",
        name="Apache Kafka",
        does="keeps every event in order, each player's in one partition",
        why="what reads it may stop, restart or fall behind, and nothing is lost",
    ),
    Component(
        key="spark",
        name="Apache Spark, structured streaming",
        does="selects event types, checks records, takes out duplicates, counts each class",
        why="one code for a trickle and a flood; a batch that was cut off is done again as it was",
    ),
    Component(
        key="iceberg",
        name="Apache Iceberg, Parquet files",
        does="makes the rows of a batch visible all at once",
        why="after a crash, plain Parquet folders show Presto torn files and doubled rows",
    ),
    Component(
        key="hdfs",
        name="HDFS",
        does="stores the data files and the table's metadata",
        why="a file system that grows by adding machines, and that every engine of this kind reads",
    ),
    Component(
        key="presto",
        name="Presto",
        does="answers SQL over the lake: every figure here is one of its answers",
        why="analysts ask the lake directly, while the stream writes, and never see a torn file",
    ),
    Component(
        key="redis",
        name="Redis",
        does="holds what each player has now (gold, health, inventory, guild), folded from landed events",
        why="the game asks for one player in under a millisecond, which a lake cannot answer",
    ),
    Component(
        key="cassandra",
        name="Apache Cassandra",
        does="stands ready to hold what each player has now",
        why="the game asks for one player, which a lake cannot answer, and players may outgrow one machine",
    ),
)


@dataclass(frozen=True, kw_only=True)
class Enhancement:
    """Something beyond the assignment: where it is in the bundle, and the command that shows it."""

    what: str
    where: str
    shown_by: str


ENHANCEMENTS = (
    Enhancement(
        what="Seventeen and more event types from one declaration; a new one is a section and no code",
        where="events.toml",
        shown_by="pipectl catalog ls",
    ),
    Enhancement(
        what="POST, PUT and DELETE, JSON and form bodies, path and query parameters",
        where="collector/inputs.py",
        shown_by="pipectl load --profile mixed",
    ),
    Enhancement(
        what="A 2xx is a promise: the answer waits until Kafka has the event",
        where="collector/producer.py",
        shown_by="pipectl verify",
    ),
    Enhancement(
        what="Each event lands exactly once, also after a kill; a ledger accounts for every offset",
        where="jobs/sinks.py",
        shown_by="pipectl verify --deep",
    ),
    Enhancement(
        what="Player state in Redis, fed by Spark: gold, health, inventory and guild, equal to the fold",
        where="jobs/player_state.py",
        shown_by="pipectl state verify",
    ),
    Enhancement(
        what="What cannot be landed is kept whole, can be mended and sent again",
        where="jobs/checks.py",
        shown_by="pipectl rejected ls",
    ),
    Enhancement(
        what="Iceberg tables in place of bare Parquet: no torn file, small files are put together",
        where="jobs/upkeep.py",
        shown_by="pipectl lake ls",
    ),
    Enhancement(
        what="Simulated players with known answers, which every figure is held against",
        where="sql",
        shown_by="pipectl report --check RUN",
    ),
    Enhancement(
        what="Advice from rules that say how sure they are",
        where="report.html",
        shown_by="pipectl report",
    ),
    Enhancement(
        what="One command for all of it, as local processes or in containers",
        where="compose/docker-compose.yml",
        shown_by="pipectl demo",
    ),
)
"""The list that goes with a bundle."""

LIMITS = (
    "Kafka and HDFS keep one replica on one machine: any process may die at any time, the disk may not.",
    "Figures count landed events. What was not selected or was rejected is in the ledger only.",
    "What a load generator sends says how the pipeline behaves; figures of players leave it out.",
    "Simulated players are made up: they show that the arithmetic is right, not what a game's players do.",
    "Times are UTC. Figures of players go by corrected event time, others by the collector's receipt.",
    "Figures of players end with the last day that is over; a day that is not over would look like a loss.",
    "Intervals treat players as independent; guilds and friends are not, so they say a little too much.",
    "What goes together need not cause each other; only a test with a random half tells.",
    "Money is counted in USD; other currencies are left out, because there is no table of rates.",
    "Percentiles are Presto's approximations (approx_percentile), with an error of about 1 % in rank.",
    "Of a request, method, path and three headers are kept; body and parameters only as the event's fields.",
)


def components(versions: Mapping[str, str], absent: Collection[str]) -> Iterator[tuple[Component, str]]:
    """Yield each part but the absent ones with its version, which is empty where it is not known."""
    present = (component for component in COMPONENTS if component.key not in absent)
    return ((component, versions.get(component.key, "")) for component in present)
