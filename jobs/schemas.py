"""What Spark parses records with: schemas as DDL, derived from the catalog.

Every text is declared STRING and every time too: Spark's own parser of times is lenient, and what is in a
STRING column is looked at again (see checks.py).
"""

from collections.abc import Mapping

from pipectl.catalog import SQL_TYPES, Catalog

CORRUPT = "_corrupt_record"
"""Spark puts a text here that is not JSON, or that has a value of another type than declared."""

PARSE_OPTIONS: Mapping[str, str] = {
    "mode": "PERMISSIVE",
    "columnNameOfCorruptRecord": CORRUPT,
    "allowSingleQuotes": "false",
    "allowNonNumericNumbers": "false",
}

ENVELOPE_TEXTS = ("event_id", "id_source", "event_type", "user_id", "session_id", "traffic", "run_id")
ENVELOPE_TIMES = ("event_ts", "client_ts", "received_at")
REQUEST_TEXTS = ("method", "path", "host", "user_agent", "accept")
KEPT_HEADERS = (
    *("content-type", "content-length", "idempotency-key", "x-user-id"),
    *("x-pipectl-traffic", "x-pipectl-run"),
)

_REQUEST = f"request STRUCT<{', '.join(f'{name}: STRING' for name in REQUEST_TEXTS)}>"


def event_schema(catalog: Catalog) -> str:
    """Return the schema of a value of topic `events`: the envelope and every field of the catalog."""
    texts = [f"{name} STRING" for name in (*ENVELOPE_TEXTS, *ENVELOPE_TIMES)]
    fields = [f"`{name}` {SQL_TYPES[kind]}" for name, kind in catalog.columns().items()]
    return ", ".join([*texts, "schema_version BIGINT", _REQUEST, *fields, f"{CORRUPT} STRING"])


def refusal_schema() -> str:
    """Return the schema of a value of topic `events-rejected`: what the collector answered with a 4xx."""
    headers = ", ".join(f"`{name}`: STRING" for name in KEPT_HEADERS)
    return (
        "reason STRING, errors ARRAY<STRUCT<path: STRING, rule: STRING, message: STRING>>, "
        f"user_id STRING, received_at STRING, {_REQUEST}, headers STRUCT<{headers}>, "
        f"query STRING, body_base64 STRING, body_truncated BOOLEAN, line_truncated BOOLEAN, {CORRUPT} STRING"
    )
