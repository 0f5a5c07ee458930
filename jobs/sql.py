"""SQL text for Spark, made of parts.

The longer expressions of the jobs are text and not `Column` objects: each step of building a Column is a call
over the bridge to the JVM. A text is one call.
"""

from collections.abc import Iterable


def quoted(text: str) -> str:
    """Return a literal of Spark SQL for a text."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def any_of(conditions: Iterable[str]) -> str:
    """Return a condition that holds if one of these does; at least one is needed."""
    return " OR ".join(f"({condition})" for condition in conditions)
