"""Facts and templates to the two files of a report, both or none.

Everything is written into a folder beside the target first. Each file then takes its place by one
rename: a report that fails, whenever it does, leaves the previous one as it was.
"""

import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from pipectl.bundled import bundled
from pipectl.catalog import EventField
from pipectl.lake.presto import Result
from pipectl.report import escaping
from pipectl.report.advice import advise
from pipectl.report.explain import LIMITS, components
from pipectl.report.facts import Facts, Figure, Outline, gather, outline
from pipectl.report.headline import headline
from pipectl.report.inputs import ReportInput
from pipectl.report.notebook import CellMarks, build_notebook, execute, take_outputs, write
from pipectl.report.proof import checks_of
from pipectl.report.queries import FIGURES, LATENCY, LEDGER, NEWEST_EVENT, ONE_EVENT, TOTALS, load_query
from pipectl.report.tables import Table, as_table
from pipectl.report.words import counted
from pipectl.verify import Verification

PAGE = "report.html"
NOTEBOOK = "report.ipynb"
_FRACTION_MATTERS_BELOW = 1000
_MOST_LISTED = 20  # differences of verify; there may be a thousand


@dataclass(frozen=True, kw_only=True)
class Report:
    """Where the files of a finished report are, and what they are made from."""

    page: Path
    notebook: Path
    facts: Facts


def write_report(given: ReportInput, verify: Callable[[], Verification], folder: Path) -> Report:
    """Make the page and the executed notebook in `folder`; blocks for some seconds, may be called again.

    `verify` is called in a thread of its own, while the notebook's cells ask for the figures: most of either
    is waiting. Raises the reason if an engine stops on the way; then the files that were there stay as they
    were.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as name,
        ThreadPoolExecutor(max_workers=1) as beside,
    ):
        verified = beside.submit(verify)
        unfinished = Path(name)
        about = outline(given)
        answers, drawings = _write_notebook(given, about, verified, unfinished / NOTEBOOK)
        facts = gather(given, about, answers)
        page = render_page(given, verified.result(), facts, drawings)
        (unfinished / PAGE).write_text(page, "utf-8")
        folder.mkdir(exist_ok=True)
        for file in (PAGE, NOTEBOOK):
            (unfinished / file).replace(folder / file)
    return Report(page=folder / PAGE, notebook=folder / NOTEBOOK, facts=facts)


def render_page(
    given: ReportInput,
    verification: Verification,
    facts: Facts,
    drawings: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """Return the page: one HTML document that needs nothing but itself.

    `drawings` are the charts that have been drawn already, by figure; the others are drawn.
    """
    answers = facts.answers
    advice = advise(answers)
    return (
        environment(drawings)
        .get_template("page.html.j2")
        .render(
            _context(given),
            verification=verification,
            checks=checks_of(verification),
            facts=facts,
            headline=headline(answers),
            to_do=[each for each in advice if each.finding and each.finding.do],
            steady=[each for each in advice if each.finding and not each.finding.do],
            unanswered=[each for each in advice if not each.finding],
            latency=facts.all_figures[LATENCY].first,
        )
    )


def render_notebook(given: ReportInput, about: Outline, verification: Verification | None) -> Any:
    """Return the notebook, not executed yet; without a verification it is a draft, of the same code."""
    marks = CellMarks()
    template = environment().get_template("notebook.j2")
    named = {"totals": TOTALS, "ledger": LEDGER, "figures": FIGURES, "load_query": load_query}
    rendered = template.render(
        _context(given),
        verification=verification,
        checks=checks_of(verification) if verification else (),
        about=about,
        commands=commands_of(given),
        **named,
        **marks.names(),
    )
    return build_notebook(marks.cells(rendered))


def _write_notebook(
    given: ReportInput, about: Outline, verified: Future[Verification], file: Path
) -> tuple[Mapping[str, Result], Mapping[str, str]]:
    """Write the executed notebook; return what Presto answered to its cells, and what they have drawn."""
    draft = render_notebook(given, about, None)
    answers, drawings = execute(draft, file.parent, value_of="answered, drawn")
    notebook = render_notebook(given, about, verified.result())
    take_outputs(notebook, draft)
    write(notebook, file)
    return answers, drawings


def environment(drawings: Mapping[str, str] = MappingProxyType({})) -> Environment:
    """Return the templates' environment: what no filter made safe is escaped as HTML, everywhere."""
    made = Environment(
        loader=FileSystemLoader(bundled("reports")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "chart": partial(_inline_chart, drawings),
        "cell": _cell,
        "as_table": _as_table,
        "coded": _coded,
        "unbroken": _unbroken,
        "plain": _plain,
        "rule": _rule,
        "counted": counted,
        **_NOTEBOOK_FILTERS,
    }
    return made


def _context(given: ReportInput) -> dict[str, Any]:
    """Return what page and notebook both say."""
    return {
        "given": given,
        "components": tuple(components(given.versions, given.absent)),
        "limits": LIMITS,
        "MOST_LISTED": _MOST_LISTED,
        "newest_event": load_query(NEWEST_EVENT),
        "one_event": load_query(ONE_EVENT),
    }


def commands_of(given: ReportInput) -> str:
    """Return the steps as lines of a shell session, each with its seconds or its purpose."""
    width = max((len(step.command) for step in given.steps), default=0)
    said = (f"{step.seconds:.1f} s" if step.seconds is not None else step.purpose for step in given.steps)
    return "\n".join(
        f"{step.command:<{width}}   # {text}" for step, text in zip(given.steps, said, strict=True)
    )


def _inline_chart(drawings: Mapping[str, str], figure: Figure) -> Markup:
    drawing = drawings.get(figure.query.name)
    if drawing is None:
        from pipectl.report.charts import draw  # noqa: PLC0415 - a second, and the notebook has drawn them

        drawing = draw(figure.query, figure.result)
    return Markup(drawing)  # noqa: S704 - matplotlib escapes what it draws


def _coded(text: str) -> Markup:
    """Return a sentence of ours as HTML, with what stands in backticks as code."""
    parts = [
        f"<code>{escape(part)}</code>" if odd % 2 else escape(part)
        for odd, part in enumerate(text.split("`"))
    ]
    return Markup("").join(map(Markup, parts))


def _unbroken(text: str) -> str:
    """Keep a number and its percent sign on one line."""
    return text.replace(" %", "\N{NO-BREAK SPACE}%")


def _as_table(figure: Figure) -> Table:
    return as_table(figure.query, figure.result)


def _cell(value: Any) -> str:
    """Spell one value of a table of figures: counts in full, ratios to four digits, NULL as a dash."""
    if value is None:
        return "\N{EN DASH}"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= _FRACTION_MATTERS_BELOW else f"{value:.4g}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return _plain(value)


def _plain(value: Any) -> str:
    """Spell one value as it is: an offset or an identifier gets no separators."""
    if value is None:
        return "NULL"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="milliseconds").removesuffix(".000")
    return escaping.printable(value)


def _rule(field: EventField) -> str:
    """Say what a value of a catalog field must satisfy."""
    rules = [
        "required" if field.required else "",
        f"from {field.min:,}" if field.min is not None else "",
        f"to {field.max:,}" if field.max is not None else "",
        f"at most {field.max_length} characters" if field.max_length else "",
        f"one of {', '.join(field.choices)}" if field.choices else "",
    ]
    return " ".join(filter(None, rules))


def _trusted(escape: Callable[[object], str]) -> Callable[[object], Markup]:
    return lambda value: Markup(escape(value))  # noqa: S704 - escaped, in the way of the place it is shown in


_NOTEBOOK_FILTERS = {
    "text": _trusted(escaping.markdown_text),
    "block": _trusted(escaping.markdown_block),
    "python": _trusted(escaping.python_text),
}
