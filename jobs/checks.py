"""What can be wrong with a record, as Spark columns; each check names reason, JSON path and message.

Spark's JSON parser is fast, and lenient in one way that matters: where a text is declared it takes a
number, a boolean, an object or a list as well, as that value's JSON. So there are two ways:

    fast   the text begins and ends like an object, the parser met nothing of a wrong type, and no text
           looks like one of those other values: what was parsed is right
    slow   otherwise the record is suspect and is parsed once more, into a VARIANT, which keeps the type of
           each value; the checks of types ask that

No check can raise: casts are `try_` casts, so that nothing bad stops the stream.
"""

from collections.abc import Iterator
from functools import reduce

from pyspark.sql import Column
from pyspark.sql import functions as F  # noqa: N812 - the name that every reader of Spark code knows

from jobs.schemas import CORRUPT, ENVELOPE_TEXTS, ENVELOPE_TIMES, REQUEST_TEXTS
from pipectl.catalog import Catalog, EventField, EventType

NOT_JSON = "not_json"
WRONG_TYPE = "wrong_type"
UNKNOWN_EVENT_TYPE = "unknown_event_type"
MISSING_FIELD = "missing_field"
RULE_BROKEN = "rule_broken"

PROBLEM_TYPE = "STRUCT<reason: STRING, json_path: STRING, message: STRING>"

_REQUIRED_TEXTS = ("event_id", "user_id", "event_ts", "received_at")
_TRAFFIC = ("player", "load", "probe")
_LARGEST_VERSION = 2**31 - 1  # the column is an INT
_LOOKS_UNQUOTED = r"^(?:[\[{]|true$|false$|-?[0-9][0-9.eE+-]*$)"
_WHOLE_OBJECT = r"(?s)^\s*\{.*\}\s*$"
_UTC_TIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?Z$"
_ACCEPTED_KINDS = {
    "string": "STRING",
    "integer": "BIGINT",
    "number": r"BIGINT|DOUBLE|DECIMAL\(.*",
    "boolean": "BOOLEAN",
    "object": "OBJECT<.*",
}


def is_suspect(catalog: Catalog) -> Column:
    """Say whether the parsed `event` cannot be trusted to have the types that it was declared with."""
    texts = [*ENVELOPE_TEXTS, *ENVELOPE_TIMES, *(f"request.{name}" for name in REQUEST_TEXTS)]
    texts += [name for name, kind in catalog.columns().items() if kind == "string"]
    looks_unquoted = (is_true(_event(name).rlike(_LOOKS_UNQUOTED)) for name in texts)
    text = F.col("text")
    like_object = text.startswith("{") & text.endswith("}")
    return reduce(Column.__or__, looks_unquoted, ~like_object | _event(CORRUPT).isNotNull())


def is_true(condition: Column) -> Column:
    """Take a condition that is NULL for one that does not hold."""
    return F.coalesce(condition, F.lit(col=False))


def time_of(text: Column) -> Column:
    """Return the UTC time that a text such as 2026-11-24T19:25:39.123456Z means, NULL for any other."""
    return F.when(text.rlike(_UTC_TIME), text.try_cast("timestamp_ntz"))


def unreadable() -> Column:
    """Return the problem of a record that is no JSON object, else NULL."""
    text, document = F.col("text"), F.col("document")
    no_object = ~F.schema_of_variant(document).startswith("OBJECT<")
    return F.coalesce(
        _problem(F.coalesce(text, F.lit("")) == "", NOT_JSON, "$", "has no value"),
        _problem(~F.is_valid_utf8(text), NOT_JSON, "$", "is not UTF-8"),
        _problem(F.col("suspect") & document.isNull(), NOT_JSON, "$", "is not JSON"),
        _problem(no_object, WRONG_TYPE, "$", "is not an object"),
        _problem(F.col("suspect") & ~text.rlike(_WHOLE_OBJECT), NOT_JSON, "$", "goes on after the object"),
    )


def unknown_type(known: tuple[str, ...]) -> Column:
    """Return the problem of a record whose event type is absent or not in the catalog, else NULL."""
    name, path = _event("event_type"), "$.event_type"
    return F.coalesce(
        _problem(F.coalesce(name, F.lit("")) == "", MISSING_FIELD, path, "is missing"),
        _problem(~name.isin(*known), UNKNOWN_EVENT_TYPE, path, "is not in the catalog"),
    )


def envelope_problem() -> Column:
    """Return the first problem of the fields that every event has, else NULL."""
    return F.coalesce(*_envelope_checks())


def fields_problem(event_type: EventType) -> Column:
    """Return the first problem of an event type's own fields, else NULL."""
    checks = [check for name, field in event_type.fields.items() for check in _field_checks(name, field)]
    return F.coalesce(*checks) if checks else F.lit(None).cast(PROBLEM_TYPE)


def _envelope_checks() -> Iterator[Column]:
    for name in (*ENVELOPE_TEXTS, *ENVELOPE_TIMES):
        yield _has_other_type(name, "string")
    yield _has_other_type("schema_version", "integer")
    yield _has_other_type("request", "object")
    for name in REQUEST_TEXTS:
        yield _has_other_type(f"request.{name}", "string")
    for name in _REQUIRED_TEXTS:
        yield _broken(F.coalesce(_event(name), F.lit("")) == "", MISSING_FIELD, name, "is missing")
    for name in ENVELOPE_TIMES:
        no_time = _event(name).isNotNull() & time_of(_event(name)).isNull()
        yield _broken(no_time, WRONG_TYPE, name, "is not a time such as 2026-11-24T19:25:39.123456Z")
    in_range = _event("schema_version").between(1, _LARGEST_VERSION)
    yield _broken(~in_range, RULE_BROKEN, "schema_version", f"is not from 1 to {_LARGEST_VERSION}")
    known_traffic = _event("traffic").isin(*_TRAFFIC)
    yield _broken(~known_traffic, RULE_BROKEN, "traffic", f"is none of {', '.join(_TRAFFIC)}")


def _field_checks(name: str, field: EventField) -> Iterator[Column]:
    value = _event(name)
    yield _has_other_type(name, field.type)
    if field.required:
        yield _broken(value.isNull(), MISSING_FIELD, name, "is missing")
    if field.type == "number":
        infinite = F.abs(value) == float("inf")
        yield _broken(infinite, WRONG_TYPE, name, "is too large for a number")
    if field.min is not None:
        yield _broken(value < F.lit(field.min), RULE_BROKEN, name, f"is below {field.min}")
    if field.max is not None:
        yield _broken(value > F.lit(field.max), RULE_BROKEN, name, f"is above {field.max}")
    if field.max_length is not None:
        too_long = F.char_length(value) > field.max_length
        yield _broken(too_long, RULE_BROKEN, name, f"is longer than {field.max_length} characters")
    if field.choices:
        yield _broken(
            ~value.isin(*field.choices), RULE_BROKEN, name, f"is none of {', '.join(field.choices)}"
        )


def _event(name: str) -> Column:
    return F.col(f"event.{name}")


def _has_other_type(name: str, wanted: str) -> Column:
    """Compare the type in the suspect's document; one that is absent or null has no wrong type."""
    kind = F.schema_of_variant(F.try_variant_get(F.col("document"), f"$.{name}", "variant"))
    message = F.concat(F.lit("is "), kind, F.lit(f", which is no {wanted}"))
    wrong = ~kind.rlike(f"^(?:VOID|{_ACCEPTED_KINDS[wanted]})$")
    # The outer condition costs a good record one look at NULL instead of a search in the document.
    return F.when(F.col("document").isNotNull(), _broken(wrong, WRONG_TYPE, name, message))


def _broken(condition: Column, reason: str, name: str, message: Column | str) -> Column:
    return _problem(condition, reason, f"$.{name}", message)


def _problem(condition: Column, reason: str, path: str, message: Column | str) -> Column:
    text = F.lit(message) if isinstance(message, str) else message
    problem = F.struct(F.lit(reason).alias("reason"), F.lit(path).alias("json_path"), text.alias("message"))
    return F.when(condition, problem.cast(PROBLEM_TYPE))
