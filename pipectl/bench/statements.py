"""The SQL of loads and benchmarks, one statement a file in `queries/`."""

import importlib.resources


def load_statement(name: str) -> str:
    """Return the text of `queries/NAME.sql`."""
    return (importlib.resources.files("pipectl.bench") / "queries" / f"{name}.sql").read_text("utf-8")
