"""What can be wrong with a record, as conditions of SQL; each check names reason, JSON path and message.

Spark's JSON parser is fast, and lenient in one way that matters: where a text is declared it takes a
number, a boolean, an object or a list as well, as that value's JSON. So there are two ways:

    fast   the text begins and ends like an object, the parser met nothing of a wrong type, and no text
           looks like one of those other values: what was parsed is right
    slow   otherwise the record is suspect and is parsed once more, into a VARIANT, which keeps the type of
           each value; the checks of types ask that

No check can raise: casts are `try_` casts, so that nothing bad stops the stream. The columns that they
look at are those of `transforms.examine`: text, event, suspect, document and UTC_TIMES.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from jobs.schemas import CORRUPT, ENVELOPE_TEXTS, ENVELOPE_TIMES, REQUEST_TEXTS
from jobs.sql import is_in, number, quoted, struct
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
# Every text of a record is looked through at once, with this mark before each of them. The expression begins
# with it, so that a search looks for that one character only.
_BEFORE = "\x01"
_LOOKS_UNQUOTED = rf"{_BEFORE}(?:[\[{{]|(?:true|false|-?[0-9][0-9.eE+-]*)(?:$|{_BEFORE}))"
_WHOLE_OBJECT = r"(?s)^\s*\{.*\}\s*$"
_UTC_TIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?Z$"
UTC_TIMES = {name: f"{name}_utc" for name in ENVELOPE_TIMES}
"""The columns with the envelope's times: each is read once, and both checked and landed."""
_ACCEPTED_KINDS = {
    "string": "STRING",
    "integer": "BIGINT",
    "number": r"BIGINT|DOUBLE|DECIMAL\(.*",
    "boolean": "BOOLEAN",
    "object": "OBJECT<.*",
}


@dataclass(frozen=True, kw_only=True)
class Check:
    """A condition that holds for records that have the problem; `message` is an expression for a text.

    One that asks the document can only hold `of_suspects`.
    """

    condition: str
    reason: str
    path: str
    message: str
    of_suspects: bool = False


def first_problem(checks: Iterable[Check]) -> str:
    """Return an expression for the first problem that a record has, as PROBLEM_TYPE; NULL if none."""
    branches = "".join(
        f" WHEN {check.condition} THEN "
        + struct({"reason": quoted(check.reason), "json_path": quoted(check.path), "message": check.message})
        for check in checks
    )
    return f"CAST({f'CASE{branches} END' if branches else 'NULL'} AS {PROBLEM_TYPE})"


def has_problem(checks: Iterable[Check]) -> str:
    """Return an expression that is true for a record with a problem that is not `of_suspects`, else NULL."""
    branches = "".join(f" WHEN {check.condition} THEN true" for check in checks if not check.of_suspects)
    return f"CASE{branches} END" if branches else "CAST(NULL AS BOOLEAN)"


def is_suspect(catalog: Catalog) -> str:
    """Say whether the parsed `event` cannot be trusted to have the types that it was declared with."""
    texts = [*ENVELOPE_TEXTS, *ENVELOPE_TIMES, *(f"request.{name}" for name in REQUEST_TEXTS)]
    texts += [name for name, kind in catalog.columns().items() if kind == "string"]
    joined = f"concat_ws({quoted(_BEFORE)}, '', {', '.join(_event(name) for name in texts)})"
    return (
        "NOT (startswith(text, '{') AND endswith(text, '}')) "
        f"OR {_event(CORRUPT)} IS NOT NULL OR {joined} RLIKE {quoted(_LOOKS_UNQUOTED)}"
    )


def time_of(text: str) -> str:
    """Return the UTC time that a text such as 2026-11-24T19:25:39.123456Z means, NULL for any other."""
    return f"CASE WHEN {text} RLIKE {quoted(_UTC_TIME)} THEN try_cast({text} AS TIMESTAMP_NTZ) END"


def unreadable() -> Iterator[Check]:
    """Yield what makes a record no JSON object."""
    no_object = "NOT startswith(schema_of_variant(document), 'OBJECT<')"
    goes_on = f"suspect AND NOT text RLIKE {quoted(_WHOLE_OBJECT)}"
    yield _whole_record("coalesce(text, '') = ''", NOT_JSON, "has no value")
    yield _whole_record("NOT is_valid_utf8(text)", NOT_JSON, "is not UTF-8")
    yield _whole_record("suspect AND document IS NULL", NOT_JSON, "is not JSON", of_suspects=True)
    yield _whole_record(no_object, WRONG_TYPE, "is not an object", of_suspects=True)
    yield _whole_record(goes_on, NOT_JSON, "goes on after the object", of_suspects=True)


def unknown_type(known: tuple[str, ...]) -> Iterator[Check]:
    """Yield what is wrong with a record whose event type is absent or not in the catalog."""
    name = _event("event_type")
    yield _broken(f"coalesce({name}, '') = ''", MISSING_FIELD, "event_type", "is missing")
    unknown = f"NOT {is_in(name, known)}"
    yield _broken(unknown, UNKNOWN_EVENT_TYPE, "event_type", "is not in the catalog")


def envelope_checks() -> Iterator[Check]:
    """Yield the checks of the fields that every event has."""
    for name in (*ENVELOPE_TEXTS, *ENVELOPE_TIMES):
        yield _has_other_type(name, "string")
    yield _has_other_type("schema_version", "integer")
    yield _has_other_type("request", "object")
    for name in REQUEST_TEXTS:
        yield _has_other_type(f"request.{name}", "string")
    for name in _REQUIRED_TEXTS:
        yield _broken(f"coalesce({_event(name)}, '') = ''", MISSING_FIELD, name, "is missing")
    for name in ENVELOPE_TIMES:
        no_time = f"{_event(name)} IS NOT NULL AND {UTC_TIMES[name]} IS NULL"
        yield _broken(no_time, WRONG_TYPE, name, "is not a time such as 2026-11-24T19:25:39.123456Z")
    out_of_range = f"NOT {_event('schema_version')} BETWEEN 1 AND {_LARGEST_VERSION}"
    yield _broken(out_of_range, RULE_BROKEN, "schema_version", f"is not from 1 to {_LARGEST_VERSION}")
    unknown_traffic = f"NOT {is_in(_event('traffic'), _TRAFFIC)}"
    yield _broken(unknown_traffic, RULE_BROKEN, "traffic", f"is none of {', '.join(_TRAFFIC)}")


def own_checks(event_type: EventType) -> Iterator[Check]:
    """Yield the checks of an event type's own fields."""
    for name, field in event_type.fields.items():
        yield from _field_checks(name, field)


def _field_checks(name: str, field: EventField) -> Iterator[Check]:
    value = _event(name)
    yield _has_other_type(name, field.type)
    if field.required:
        yield _broken(f"{value} IS NULL", MISSING_FIELD, name, "is missing")
    if field.type == "number":
        infinite = f"abs({value}) = double('inf')"
        yield _broken(infinite, WRONG_TYPE, name, "is too large for a number")
    if field.min is not None:
        yield _broken(f"{value} < {number(field.min)}", RULE_BROKEN, name, f"is below {field.min}")
    if field.max is not None:
        yield _broken(f"{value} > {number(field.max)}", RULE_BROKEN, name, f"is above {field.max}")
    if field.max_length is not None:
        too_long = f"char_length({value}) > {field.max_length}"
        yield _broken(too_long, RULE_BROKEN, name, f"is longer than {field.max_length} characters")
    if field.choices:
        none_of_them = f"NOT {is_in(value, field.choices)}"
        yield _broken(none_of_them, RULE_BROKEN, name, f"is none of {', '.join(field.choices)}")


def _event(name: str) -> str:
    return ".".join(("event", *(f"`{part}`" for part in name.split("."))))


def _has_other_type(name: str, wanted: str) -> Check:
    """Compare the type in the suspect's document; one that is absent or null has no wrong type."""
    kind = f"schema_of_variant(try_variant_get(document, {quoted(f'$.{name}')}, 'variant'))"
    accepted = quoted(f"^(?:VOID|{_ACCEPTED_KINDS[wanted]})$")
    return Check(
        # The first half costs a good record one look at NULL instead of a search in the document.
        condition=f"document IS NOT NULL AND NOT {kind} RLIKE {accepted}",
        reason=WRONG_TYPE,
        path=f"$.{name}",
        message=f"concat('is ', {kind}, {quoted(f', which is no {wanted}')})",
        of_suspects=True,
    )


def _whole_record(condition: str, reason: str, message: str, *, of_suspects: bool = False) -> Check:
    return Check(
        condition=condition, reason=reason, path="$", message=quoted(message), of_suspects=of_suspects
    )


def _broken(condition: str, reason: str, name: str, message: str) -> Check:
    return Check(condition=condition, reason=reason, path=f"$.{name}", message=quoted(message))
