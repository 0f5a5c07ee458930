"""SQL text for Spark, made of parts.

The expressions of the job are text and not `Column` objects: each step of building a Column is a call over
the bridge to the JVM, and the checks of a catalog are thousands of steps. A text is one call.
"""

from collections.abc import Iterable, Mapping


def quoted(text: str) -> str:
    """Return a literal of Spark SQL for a text."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def number(value: float) -> str:
    """Return a literal for a number: of a float, one that is a DOUBLE and no DECIMAL."""
    return f"{value!r}D" if isinstance(value, float) else str(value)


def any_of(conditions: Iterable[str]) -> str:
    """Return a condition that holds if one of these does; at least one is needed."""
    return " OR ".join(f"({condition})" for condition in conditions)


def is_in(value: str, texts: Iterable[str]) -> str:
    """Return the condition that a value is one of these texts; with none of them it is false."""
    listed = ", ".join(quoted(text) for text in texts)
    return f"{value} IN ({listed})" if listed else "false"


def struct(columns: Mapping[str, str]) -> str:
    """Return a struct with these fields, in this order."""
    return f"named_struct({', '.join(f'{quoted(name)}, {value}' for name, value in columns.items())})"
