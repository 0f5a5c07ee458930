"""Two saved loads, step by step: what became faster, and what slower."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from pipectl.bench.load_summary import Figures, LoadResult, StepResult
from pipectl.errors import UsageFault, did_you_mean

_RESULT = TypeAdapter(LoadResult)


@dataclass(frozen=True, kw_only=True)
class Compared:
    """The same requests in two loads, called `first` and `second`."""

    event: str
    route: str
    first: Figures
    second: Figures

    @property
    def rate_ratio(self) -> float | None:
        """The second's requests/s for each of the first's; None where the first has none."""
        rate = self.first.requests_per_second
        return round(self.second.requests_per_second / rate, 3) if rate else None


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Two loads: the steps that both have, the sum, and the routes of the steps that only one has."""

    steps: tuple[Compared, ...]
    total: Compared
    unmatched: tuple[str, ...]


def find_result(folder: Path, name: str) -> Path:
    """Return the file of a saved load, by the name of its run in this folder or by its path.

    Raises UsageFault with the nearest name if there is none.
    """
    file = Path(name) if name.endswith(".json") else folder / f"{name}.json"
    if file.is_file():
        return file
    known = sorted(saved.stem for saved in folder.glob("*.json"))
    hint = did_you_mean(name, known, otherwise=f"Saved are: {', '.join(known) or 'none'}")
    raise UsageFault(f"There is no saved load `{name}`.", evidence=f"looked for {file}", do_next=hint)


def read_result(file: Path) -> LoadResult:
    """Read a load that `pipectl load` has saved; raises UsageFault if the file is not one."""
    try:
        return _RESULT.validate_json(file.read_bytes())
    except (OSError, ValidationError) as error:
        raise UsageFault(
            f"{file} is not the result of a load.",
            evidence=str(error),
            do_next="Run: pipectl load   (it says where it saves one)",
        ) from error


def compare(first: LoadResult, second: LoadResult) -> Comparison:
    """Put two loads side by side; a step is known by its route, and by how often that came before."""
    ours, theirs = dict(_keyed(first)), dict(_keyed(second))
    return Comparison(
        steps=tuple(
            Compared(event=key[0], route=key[1], first=step.figures, second=theirs[key].figures)
            for key, step in ours.items()
            if key in theirs
        ),
        total=Compared(event="all", route="all", first=first.total, second=second.total),
        unmatched=tuple(f"{event}: {route}" for event, route, _ in ours.keys() ^ theirs.keys()),
    )


def _keyed(result: LoadResult) -> Iterator[tuple[tuple[str, str, int], StepResult]]:
    seen: Counter[tuple[str, str]] = Counter()
    for step in result.steps:
        place = (step.event, step.route)
        yield (*place, seen[place]), step
        seen[place] += 1
