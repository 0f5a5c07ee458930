"""From Kafka's records to classified rows. Each step is DataFrame -> DataFrame and ends in a select.

    records ─► parse ─► examine ─► judge ─► describe ─► selected_events ─► table `events`
                                                    └─► rejections     ─► table `rejected_events`

`classify` is the first four in a row. Every record of a batch comes out of it as one row of one class:
nothing is filtered away, so that the classes of a range can be counted and add up to its width.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name that every reader of Spark code knows

from jobs import checks
from jobs.checks import Check
from jobs.schemas import (
    CORRUPT,
    ENVELOPE_TEXTS,
    KEPT_HEADERS,
    PARSE_OPTIONS,
    REQUEST_TEXTS,
    event_schema,
    refusal_schema,
)
from jobs.sql import is_in, quoted, struct
from pipectl.catalog import EVENTS_TOPIC, PROBE, REPLAY_HEADER, Catalog
from pipectl.lake.tables import CUT, REJECTED_EVENTS, events_table

SELECTED = "selected"
NOT_SELECTED = "not_selected"
REJECTED = "rejected"
DUPLICATE = "duplicate"  # given by duplicates.py to rows that were SELECTED

_COLLECTOR_STAGE = "collector"
_STREAM_STAGE = "stream"
_PLACE = ("kafka_partition", "kafka_offset", "kafka_timestamp")
_IS_EVENT = f"(topic = {quoted(EVENTS_TOPIC)})"
_EVENT_TYPE = "event.event_type"
# An id that the collector made is new and need not be looked up. The shape of a UUIDv7 is asked for too: a
# producer that is not ours may claim anything.
_ID_IS_OURS = (
    "coalesce(event.id_source = 'collector' AND length(event.event_id) = 36 "
    "AND substring(event.event_id, 15, 1) = '7', false)"
)
_KAFKA_HEADERS = (
    "to_json(transform(headers, h -> named_struct('key', h.key, 'value', CAST(h.value AS STRING))))"
)


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
    text = F.expr("CAST(value AS STRING)")
    event_text = F.expr(f"CASE WHEN {_IS_EVENT} THEN CAST(value AS STRING) END")
    refusal_text = F.expr(f"CASE WHEN NOT {_IS_EVENT} THEN CAST(value AS STRING) END")
    return records.select(
        "topic",
        F.col("partition").alias("kafka_partition"),
        F.col("offset").alias("kafka_offset"),
        F.expr("CAST(timestamp AS TIMESTAMP_NTZ) AS kafka_timestamp"),
        "value",
        "headers",
        text.alias("text"),
        F.from_json(event_text, event_schema(catalog), PARSE_OPTIONS).alias("event"),
        F.from_json(refusal_text, refusal_schema(), PARSE_OPTIONS).alias("refusal"),
    )


def examine(parsed: DataFrame, catalog: Catalog) -> DataFrame:
    """Read the times, and parse the suspects once more, into a document that keeps the type of each value."""
    times = (f"{checks.time_of(f'event.{name}')} AS {column}" for name, column in checks.UTC_TIMES.items())
    suspects = parsed.selectExpr("*", *times, f"coalesce({checks.is_suspect(catalog)}, true) AS suspect")
    document = f"CASE WHEN suspect AND {_IS_EVENT} THEN try_parse_json(text) END"
    return suspects.selectExpr("*", f"{document} AS document")


def judge(examined: DataFrame, rules: Rules) -> DataFrame:
    """Find the first problem of each record: readable at all, of a known type, then what is selected.

    Nearly all records have none. For these it is only asked whether there is one: which one, and how it is
    to be told, is an expression a hundred times as large.
    """
    is_wrong = f"{_IS_EVENT} AND (suspect OR coalesce({_first(rules, checks.has_problem)}, false))"
    problem = f"CASE WHEN is_wrong THEN {_first(rules, checks.first_problem)} END"
    kept = ("topic", *_PLACE, "value", "headers", "event", "refusal", *checks.UTC_TIMES.values())
    return examined.selectExpr("*", f"{is_wrong} AS is_wrong").selectExpr(*kept, f"{problem} AS problem")


def _first(rules: Rules, found_by: Callable[[Iterable[Check]], str]) -> str:
    """Return an expression for what the first check finds that a record does not pass; NULL if none."""
    of_any_event = found_by([*checks.unreadable(), *checks.unknown_type(rules.known)])
    of_its_envelope = found_by(checks.envelope_checks())
    # One branch for each selected type, so that a record meets the checks of its own fields only.
    of_its_fields = "".join(
        f" WHEN {quoted(name)} THEN {found_by(checks.own_checks(rules.catalog.event(name)))}"
        for name in rules.selected
    )
    of_selected = f"coalesce({of_its_envelope}, CASE {_EVENT_TYPE}{of_its_fields} END)"
    return f"coalesce({of_any_event}, CASE WHEN {_is_selected(rules)} THEN {of_selected} END)"


def describe(judged: DataFrame, rules: Rules) -> DataFrame:
    """Give each row its class, and the columns of the table that it goes to.

    Columns: topic, kafka_partition, kafka_offset, kafka_timestamp, class, event_type (NULL if unknown),
    event_id, needs_lookup, is_replay, event (a row of `events`), rejection (a row of `rejected_events`).
    """
    with_class = judged.selectExpr(
        "*",
        f"CASE WHEN NOT {_IS_EVENT} OR problem IS NOT NULL THEN {quoted(REJECTED)} "
        f"WHEN {_is_selected(rules)} THEN {quoted(SELECTED)} ELSE {quoted(NOT_SELECTED)} END AS class",
        f"coalesce(exists(headers, header -> header.key = {quoted(REPLAY_HEADER)}), false) AS is_replay",
    )
    is_selected = f"class = {quoted(SELECTED)}"
    # A column of its own, because both the row and its hash are made of them.
    with_fields = with_class.selectExpr(
        "*", f"CASE WHEN {is_selected} THEN {_own_fields(rules.catalog)} END AS fields"
    )
    return with_fields.selectExpr(
        "topic",
        *_PLACE,
        "class",
        f"CASE WHEN {is_in(_EVENT_TYPE, rules.known)} THEN {_EVENT_TYPE} END AS event_type",
        f"CASE WHEN {is_selected} THEN event.event_id END AS event_id",
        f"{is_selected} AND (is_replay OR NOT {_ID_IS_OURS}) AS needs_lookup",
        "is_replay",
        f"CASE WHEN {is_selected} THEN {_event_row(rules.catalog)} END AS event",
        f"CASE WHEN class = {quoted(REJECTED)} THEN {_rejection_row()} END AS rejection",
    )


def selected_events(classified: DataFrame) -> DataFrame:
    """Return the rows of table `events`."""
    return classified.where(F.col("class") == SELECTED).select("event.*")


def rejections(classified: DataFrame) -> DataFrame:
    """Return the rows of table `rejected_events`."""
    return classified.where(F.col("class") == REJECTED).select("rejection.*")


def payload_hash(catalog: Catalog) -> str:
    """Return an expression that hashes what the client said.

    `to_json` leaves out what is NULL, and the fields stand in the order of their names: a field that the
    catalog gains later changes no hash of an event that does not have it.
    """
    said = ("event_type", "schema_version", "user_id", "session_id", "client_ts")
    columns = {name: f"event.{name}" for name in said}
    if catalog.columns():
        columns["fields"] = "fields"
    return f"md5(to_json({struct(columns)}))"


def _is_selected(rules: Rules) -> str:
    return f"coalesce({is_in(_EVENT_TYPE, rules.selected)}, false)"


def _event_row(catalog: Catalog) -> str:
    columns = {
        **{name: f"event.{name}" for name in ENVELOPE_TEXTS},
        **checks.UTC_TIMES,
        **{name: f"event.request.{name}" for name in REQUEST_TEXTS},
        **{name: f"fields.`{name}`" for name in catalog.columns()},
        **{name: name for name in _PLACE},
        "schema_version": "try_cast(event.schema_version AS INT)",
        "traffic": "coalesce(event.traffic, 'player')",
        "payload_hash": payload_hash(catalog),
    }
    return struct({name: columns[name] for name in events_table(catalog).columns})


def _own_fields(catalog: Catalog) -> str:
    """Return the fields of all types as one struct, in the order of their names; NULL if there are none."""
    columns = {name: _own_field(catalog, name) for name in sorted(catalog.columns())}
    return struct(columns) if columns else "NULL"


def _own_field(catalog: Catalog, name: str) -> str:
    """Return the value of a field, NULL in events of types that have no such field."""
    owners = [event.name for event in catalog if name in event.fields]
    return f"CASE WHEN {is_in(_EVENT_TYPE, owners)} THEN event.`{name}` END"


def _rejection_row() -> str:
    """Return a row of `rejected_events`: the collector's refusal if it can be read as one, else ours."""
    is_refusal = f"refusal.reason IS NOT NULL AND refusal.{CORRUPT} IS NULL"
    columns = {
        **{
            name: f"CASE WHEN {is_refusal} THEN {theirs} ELSE {ours} END"
            for name, (theirs, ours) in _stages().items()
        },
        **{name: name for name in ("topic", *_PLACE)},
    }
    return struct({name: columns[name] for name in REJECTED_EVENTS.columns})


def _stages() -> dict[str, tuple[str, str]]:
    """For each column of a rejection that depends on it: the collector's value, and the stream's."""
    return {
        "stage": (quoted(_COLLECTOR_STAGE), quoted(_STREAM_STAGE)),
        "reason": ("refusal.reason", f"coalesce(problem.reason, {quoted(checks.NOT_JSON)})"),
        "json_path": ("get(refusal.errors, 0).path", "coalesce(problem.json_path, '$')"),
        "message": (
            "get(refusal.errors, 0).message",
            "coalesce(problem.message, 'is no refusal of the collector')",
        ),
        "raw": ("try_to_binary(refusal.body_base64, 'base64')", "value"),
        "headers": (_request_headers(), _KAFKA_HEADERS),
        "user_id": ("refusal.user_id", "event.user_id"),
        "received_at": (checks.time_of("refusal.received_at"), checks.UTC_TIMES["received_at"]),
    }


def _request_headers() -> str:
    """Return the refused request's headers; also its first line, as HTTP/2 spells it, to send it again.

    The path is without escapes and may have a `?` in it, so the query has a name of its own.
    """
    first_line = {":method": "method", ":path": "path", ":authority": "host"}
    allowed = {"user-agent": "user_agent", "accept": "accept"}
    spelled = {header: f"refusal.request.{name}" for header, name in {**first_line, **allowed}.items()}
    kept = {name: f"refusal.headers.`{name}`" for name in KEPT_HEADERS}
    is_cut = "CASE WHEN refusal.body_truncated OR refusal.line_truncated THEN 'true' END"
    return f"to_json({struct({**spelled, ':query': 'refusal.query', **kept, CUT: is_cut})})"
