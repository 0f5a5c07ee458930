"""From Kafka's records to classified rows. Each step is DataFrame -> DataFrame and ends in a select.

    records ─► parse ─► examine ─► judge ─► describe ─► selected_events ─► table `events`
                                                    └─► rejections     ─► table `rejected_events`

`classify` is the first four in a row. Every record of a batch comes out of it as one row of one class:
nothing is filtered away, so that the classes of a range can be counted and add up to its width.
"""

from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name that every reader of Spark code knows

from jobs import checks
from jobs.schemas import (
    CORRUPT,
    ENVELOPE_TEXTS,
    ENVELOPE_TIMES,
    KEPT_HEADERS,
    PARSE_OPTIONS,
    REQUEST_TEXTS,
    event_schema,
    refusal_schema,
)
from pipectl.catalog import EVENTS_TOPIC, PROBE, Catalog
from pipectl.lake.tables import REJECTED_EVENTS, events_table

SELECTED = "selected"
NOT_SELECTED = "not_selected"
REJECTED = "rejected"
DUPLICATE = "duplicate"  # given by duplicates.py to rows that were SELECTED

REPLAY_HEADER = "pipectl-replay"
"""A Kafka header of records that are sent again from `rejected_events`."""

_COLLECTOR_STAGE = "collector"
_STREAM_STAGE = "stream"
_PLACE = ("kafka_partition", "kafka_offset", "kafka_timestamp")
_UUID_LENGTH = 36
_UUID_VERSION_AT = 15  # counted from 1, as SQL does


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What records are judged by: the catalog, and the event types that are to be landed."""

    catalog: Catalog
    selected: tuple[str, ...]

    @property
    def known(self) -> tuple[str, ...]:
        """Every event type that there is; the probe is one, and is never selected."""
        return (*self.catalog.events, PROBE)


def classify(records: DataFrame, rules: Rules) -> DataFrame:
    """Turn Kafka's records (both topics, with headers) into one classified row each; see `describe`."""
    parsed = parse(records, rules.catalog)
    return describe(judge(examine(parsed, rules.catalog), rules), rules)


def parse(records: DataFrame, catalog: Catalog) -> DataFrame:
    """Parse each value once, with the schema of its topic; what cannot be read is NULL here."""
    text = F.col("value").cast("string")
    is_event = F.col("topic") == EVENTS_TOPIC
    return records.select(
        "topic",
        F.col("partition").alias("kafka_partition"),
        F.col("offset").alias("kafka_offset"),
        F.col("timestamp").cast("timestamp_ntz").alias("kafka_timestamp"),
        "value",
        "headers",
        text.alias("text"),
        F.from_json(F.when(is_event, text), event_schema(catalog), PARSE_OPTIONS).alias("event"),
        F.from_json(F.when(~is_event, text), refusal_schema(), PARSE_OPTIONS).alias("refusal"),
    )


def examine(parsed: DataFrame, catalog: Catalog) -> DataFrame:
    """Parse the suspects once more, into a document that keeps the type of each value."""
    suspects = parsed.select("*", F.coalesce(checks.is_suspect(catalog), F.lit(col=True)).alias("suspect"))
    is_suspect_event = F.col("suspect") & (F.col("topic") == EVENTS_TOPIC)
    return suspects.select("*", F.when(is_suspect_event, F.try_parse_json("text")).alias("document"))


def judge(examined: DataFrame, rules: Rules) -> DataFrame:
    """Find the first problem of each record: readable at all, of a known type, then what is selected."""
    is_event = F.col("topic") == EVENTS_TOPIC
    problem = F.coalesce(
        checks.unreadable(),
        checks.unknown_type(rules.known),
        F.when(_is_selected(rules), checks.envelope_problem()),
        _own_fields_problem(rules),
    )
    kept = ("topic", *_PLACE, "value", "headers", "event", "refusal")
    return examined.select(*kept, F.when(is_event, problem).alias("problem"))


def describe(judged: DataFrame, rules: Rules) -> DataFrame:
    """Give each row its class, and the columns of the table that it goes to.

    Columns: topic, kafka_partition, kafka_offset, kafka_timestamp, class, event_type (NULL if unknown),
    event_id, needs_lookup, is_replay, event (a row of `events`), rejection (a row of `rejected_events`).
    """
    row_class = _class_of(rules)
    is_replay = checks.is_true(F.exists("headers", lambda header: header["key"] == REPLAY_HEADER))
    is_selected = row_class == SELECTED
    known_type = F.when(F.col("event.event_type").isin(*rules.known), F.col("event.event_type"))
    return judged.select(
        "topic",
        *_PLACE,
        row_class.alias("class"),
        known_type.alias("event_type"),
        F.when(is_selected, F.col("event.event_id")).alias("event_id"),
        (is_selected & (is_replay | ~_id_is_ours())).alias("needs_lookup"),
        is_replay.alias("is_replay"),
        F.when(is_selected, _event_row(rules.catalog)).alias("event"),
        F.when(row_class == REJECTED, _rejection_row()).alias("rejection"),
    )


def selected_events(classified: DataFrame) -> DataFrame:
    """Return the rows of table `events`."""
    return classified.where(F.col("class") == SELECTED).select("event.*")


def rejections(classified: DataFrame) -> DataFrame:
    """Return the rows of table `rejected_events`."""
    return classified.where(F.col("class") == REJECTED).select("rejection.*")


def payload_hash(catalog: Catalog) -> Column:
    """Hash what the client said.

    `to_json` leaves out what is NULL, and the fields stand in the order of their names: a field that the
    catalog gains later changes no hash of an event that does not have it.
    """
    said = [F.col(f"event.{name}") for name in ("event_type", "schema_version", "user_id", "session_id")]
    fields = [_own_field(catalog, name).alias(name) for name in sorted(catalog.columns())]
    nested = [F.struct(*fields).alias("fields")] if fields else []
    return F.md5(F.to_json(F.struct(*said, F.col("event.client_ts"), *nested)))


def _is_selected(rules: Rules) -> Column:
    return checks.is_true(F.col("event.event_type").isin(*rules.selected))


def _own_fields_problem(rules: Rules) -> Column:
    """One branch for each selected type, so that a record meets the checks of its own fields only."""
    branches = F.lit(None).cast(checks.PROBLEM_TYPE)
    for name in reversed(rules.selected):
        problem = checks.fields_problem(rules.catalog.event(name))
        branches = F.when(F.col("event.event_type") == name, problem).otherwise(branches)
    return branches


def _class_of(rules: Rules) -> Column:
    is_rejected = (F.col("topic") != EVENTS_TOPIC) | F.col("problem").isNotNull()
    return F.when(is_rejected, REJECTED).when(_is_selected(rules), SELECTED).otherwise(F.lit(NOT_SELECTED))


def _id_is_ours() -> Column:
    """Say whether the collector made the id, which is then new and need not be looked up.

    The shape of a UUIDv7 is asked for too: a producer that is not ours may claim anything.
    """
    event_id = F.col("event.event_id")
    like_uuid7 = (F.length(event_id) == _UUID_LENGTH) & (F.substring(event_id, _UUID_VERSION_AT, 1) == "7")
    return checks.is_true((F.col("event.id_source") == "collector") & like_uuid7)


def _event_row(catalog: Catalog) -> Column:
    columns = {
        **{name: F.col(f"event.{name}") for name in ENVELOPE_TEXTS},
        **{name: checks.time_of(F.col(f"event.{name}")) for name in ENVELOPE_TIMES},
        **{name: F.col(f"event.request.{name}") for name in REQUEST_TEXTS},
        **{name: _own_field(catalog, name) for name in catalog.columns()},
        **{name: F.col(name) for name in _PLACE},
        "schema_version": F.col("event.schema_version").try_cast("int"),
        "traffic": F.coalesce(F.col("event.traffic"), F.lit("player")),
        "payload_hash": payload_hash(catalog),
    }
    return F.struct(*(columns[name].alias(name) for name in events_table(catalog).columns))


def _own_field(catalog: Catalog, name: str) -> Column:
    """Return the value of a field, NULL in events of types that have no such field."""
    owners = [event.name for event in catalog if name in event.fields]
    return F.when(F.col("event.event_type").isin(*owners), F.col(f"event.{name}"))


def _rejection_row() -> Column:
    """Return a row of `rejected_events`: the collector's refusal if it can be read as one, else ours."""
    is_refusal = F.col("refusal.reason").isNotNull() & F.col(f"refusal.{CORRUPT}").isNull()
    columns = {
        **{name: F.when(is_refusal, theirs).otherwise(ours) for name, (theirs, ours) in _stages().items()},
        **{name: F.col(name) for name in ("topic", *_PLACE)},
    }
    return F.struct(*(columns[name].alias(name) for name in REJECTED_EVENTS.columns))


def _stages() -> dict[str, tuple[Column, Column]]:
    """For each column of a rejection that depends on it: the collector's value, and the stream's."""
    first_error = F.get(F.col("refusal.errors"), F.lit(0))
    problem, unreadable_refusal = F.col("problem"), F.lit("is no refusal of the collector")
    return {
        "stage": (F.lit(_COLLECTOR_STAGE), F.lit(_STREAM_STAGE)),
        "reason": (F.col("refusal.reason"), F.coalesce(problem["reason"], F.lit(checks.NOT_JSON))),
        "json_path": (first_error["path"], F.coalesce(problem["json_path"], F.lit("$"))),
        "message": (first_error["message"], F.coalesce(problem["message"], unreadable_refusal)),
        "raw": (F.try_to_binary(F.col("refusal.body_base64"), F.lit("base64")), F.col("value")),
        "headers": (_request_headers(), _kafka_headers()),
        "user_id": (F.col("refusal.user_id"), F.col("event.user_id")),
        "received_at": (
            checks.time_of(F.col("refusal.received_at")),
            checks.time_of(F.col("event.received_at")),
        ),
    }


def _request_headers() -> Column:
    """Return the refused request's headers; also its first line, as HTTP/2 spells it, to send it again."""
    request = F.col("refusal.request")
    first_line = {":method": "method", ":path": "path", ":authority": "host"}
    allowed = {"user-agent": "user_agent", "accept": "accept"}
    spelled = [request[name].alias(header) for header, name in {**first_line, **allowed}.items()]
    kept = [F.col("refusal.headers")[name].alias(name) for name in KEPT_HEADERS]
    return F.to_json(F.struct(*spelled, *kept))


def _kafka_headers() -> Column:
    def as_text(header: Column) -> Column:
        return F.struct(header["key"].alias("key"), header["value"].cast("string").alias("value"))

    return F.to_json(F.transform("headers", as_text))
