"""The catalog that a stack runs with, and whether another one may take its place.

Each service that reads the catalog has a copy of the one that it was started with. A new catalog must be
able to follow all of them. Readers come before writers: while the stream runs, the collector gets no event
type and no field that the stream does not know yet.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from pipectl.catalog import Catalog, load_catalog
from pipectl.catalog_changes import Change, compare
from pipectl.errors import OperationFailed
from pipectl.runtimes.base import ServiceState

_READERS_OF_CATALOG = ("collector", "stream")


def deployed_catalogs(stack_folder: Path) -> dict[str, Catalog]:
    """Return the catalog of each service that was started with one; none before the first `up`."""
    copies = {name: stack_folder / "services" / name / "events.toml" for name in _READERS_OF_CATALOG}
    return {name: load_catalog(copy) for name, copy in copies.items() if copy.is_file()}


def changes_of(stack_folder: Path, catalog: Catalog) -> tuple[Change, ...]:
    """Return what this catalog would change in the stack, each change once."""
    deployed = deployed_catalogs(stack_folder).values()
    return tuple(dict.fromkeys(change for before in deployed for change in compare(before, catalog)))


def check_catalog(stack_folder: Path, catalog: Catalog) -> tuple[Change, ...]:
    """Return the changes of a catalog that may follow the deployed one.

    Raises OperationFailed, with every reason, for a catalog that would break rows or readers.
    """
    changes = changes_of(stack_folder, catalog)
    if breaking := [change for change in changes if change.breaks]:
        raise OperationFailed(
            "This catalog cannot follow the one that is deployed.",
            evidence="\n".join(str(change) for change in breaking),
            do_next="Take these changes back: what was declared once stays. Then: pipectl catalog check",
            data={"breaking": [vars(change) for change in breaking]},
        )
    return changes


def check_order(
    stack_folder: Path, catalog: Catalog, names: Sequence[str], states: Mapping[str, ServiceState]
) -> None:
    """Raise OperationFailed if the collector were to know more than the stream that is running."""
    stream = states.get("stream")
    before = deployed_catalogs(stack_folder).get("stream")
    if "collector" not in names or before is None or stream is None or stream.is_over:
        return
    if unknown := [change for change in compare(before, catalog) if change.is_of_rows]:
        raise OperationFailed(
            "The stream runs with an older catalog: it would reject what is new, or lose it.",
            evidence="\n".join(str(change) for change in unknown),
            do_next="First the reader: pipectl stream start   then the collector: pipectl up",
        )
