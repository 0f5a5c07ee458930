import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from markupsafe import escape

from pipectl.errors import NotRunning
from pipectl.report import render
from pipectl.report.facts import Facts, LedgerLine, Outline, gather, outline
from pipectl.report.inputs import ReportInput
from pipectl.report.queries import PLAYER_TRAFFIC
from pipectl.report.render import NOTEBOOK, PAGE, render_notebook, render_page, write_report
from pipectl.verify import Difference, Kind, Verification
from tests.simulated_answers import nobody
from tests.unit.report.conftest import a_report, verification

MOST_BYTES = 1_500_000


class Tags(HTMLParser):
    """Collects the tags of a page, and its attributes that could load something."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.loads: list[str] = []
        self.handlers: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.loads += [
            value or "" for name, value in attrs if name in ("src", "href", "xlink:href", "data", "action")
        ]
        self.handlers += [name for name, _ in attrs if name.startswith("on")]


def test_the_page_needs_nothing_but_itself(page: str) -> None:
    assert all(target.startswith("#") for target in Tags(page).loads)
    assert not re.search(r"url\((?!#)", page)
    assert "@import" not in page
    assert len(page.encode()) < MOST_BYTES


def test_text_of_strangers_is_text_in_the_page(page: str) -> None:
    found = Tags(page)
    assert not found.tags & {"script", "img", "b\ufffd"}
    assert not found.handlers
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "{{7*7}}" in page
    assert "\x00" not in page


def test_text_of_strangers_is_text_in_the_notebook(given: ReportInput, about: Outline) -> None:
    markdown = [
        cell.source
        for cell in render_notebook(given, about, verification()).cells
        if cell.cell_type == "markdown"
    ]
    fenced = re.compile(r"^(`{3,})text\n.*?\n\1$", re.MULTILINE | re.DOTALL)
    assert any("````text" in cell for cell in markdown)  # the command holds a fence of three itself
    for cell in markdown:
        assert not re.search(r"<(?!br>)", fenced.sub("", cell))


def test_no_text_can_begin_a_cell_of_the_notebook(given: ReportInput, about: Outline) -> None:
    as_it_is = len(render_notebook(given, about, verification()).cells)
    forged = replace(given, stack="x\n%%code\n\n%%0 code\nimport os\n```python\nimport os")
    assert len(render_notebook(forged, about, verification()).cells) == as_it_is


def test_the_code_of_every_cell_is_python(given: ReportInput, about: Outline) -> None:
    for cell in render_notebook(given, about, verification()).cells:
        if cell.cell_type == "code":
            compile(cell.source, cell.id, "exec")


def test_the_draft_that_runs_while_verify_is_at_work_has_the_same_code(
    given: ReportInput, about: Outline
) -> None:
    draft, notebook = (render_notebook(given, about, found) for found in (None, verification()))
    codes = [[cell.source for cell in each.cells if cell.cell_type == "code"] for each in (draft, notebook)]
    assert codes[0] == codes[1]


def test_a_verification_that_fails_leaves_the_previous_report(
    given: ReportInput, previous: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def verify() -> Verification:
        raise NotRunning("Kafka does not answer.", do_next="Run: pipectl up")

    monkeypatch.setattr(render, "execute", lambda *_, **__: ({}, {}))  # the notebook has run
    with pytest.raises(NotRunning, match="Kafka does not answer"):
        write_report(given, verify, previous)
    assert_untouched(previous)


def test_the_first_code_cell_says_where_the_engines_answer(given: ReportInput, about: Outline) -> None:
    first = next(
        cell for cell in render_notebook(given, about, verification()).cells if cell.cell_type == "code"
    )
    assert "PRESTO_HOST = '127.0.0.1'" in first.source
    assert "PRESTO_PORT = 9" in first.source


def test_the_sql_of_every_figure_stands_in_page_and_notebook(
    given: ReportInput, about: Outline, facts: Facts, page: str
) -> None:
    source = "\n".join(cell.source for cell in render_notebook(given, about, verification()).cells)
    for name, figure in facts.all_figures.items():
        if name != PLAYER_TRAFFIC:
            assert f"reports/sql/{name}.sql" in page
            assert figure.query.sql in source


def test_every_player_figure_stands_in_the_page_with_chart_sentence_and_rules(
    facts: Facts, page: str
) -> None:
    for figure in (figure for part in facts.parts for figure in part.figures):
        article = page.split(f'id="{figure.query.name}"', 1)[1].split("</article>", 1)[0]
        assert str(escape(figure.reading.replace(" %", "\N{NO-BREAK SPACE}%"))) in article
        assert str(escape(figure.query.edges)) in article
        assert "<svg" in article or figure.query.name == "revenue_by_week"


def test_the_answer_comes_first_and_names_what_is_behind_it(page: str) -> None:
    answer = page.split('id="answer"', 1)[1].split("</section>", 1)[0]
    ids = set(re.findall(r'<article class="figure[^"]*" id="([^"]+)"', page))
    behind = set(re.findall(r'href="#([a-z_]+)"', answer)) - {"quality", "players"}
    assert page.index('id="answer"') < page.index('id="players"') < page.index('id="pipeline"')
    assert "What to do" in answer
    assert len(behind) >= 4
    assert behind <= ids


def test_simulated_players_are_called_so_before_any_advice(page: str) -> None:
    assert page.index("All of these players are simulated") < page.index("What to do")


@pytest.fixture(scope="module")
def unplayed_facts() -> Facts:
    """Return what a lake says that only a load generator has filled."""
    given = a_report()
    given.presto.results |= nobody()  # type: ignore[attr-defined] # the canned lake of these tests
    return gather(given, outline(given))


@pytest.fixture(scope="module")
def unplayed(unplayed_facts: Facts) -> str:
    return render_page(a_report(), verification(), unplayed_facts)


def test_a_lake_without_players_says_how_to_get_some_and_shows_no_empty_chart(unplayed: str) -> None:
    assert "pipectl simulate --days 30 --players 2000" in unplayed
    assert "About players there is nothing to say yet" in unplayed
    assert 'id="retention_by_cohort"' not in unplayed
    assert "simulated" not in unplayed.split('id="limits"', maxsplit=1)[0].replace("pipectl simulate", "")
    assert set(re.findall(r'href="#([^"]+)"', unplayed)) <= set(re.findall(r'id="([^"]+)"', unplayed))


def test_a_page_about_an_empty_lake_says_so(given: ReportInput, unplayed_facts: Facts) -> None:
    empty = {name: replace(result, rows=()) for name, result in given.presto.results.items()}  # type: ignore[attr-defined] # the canned lake of these tests
    blank = [replace(figure, result=empty[figure.query.name]) for figure in unplayed_facts.figures]
    nothing = replace(
        unplayed_facts,
        figures=tuple(blank),
        totals=replace(
            unplayed_facts.totals, result=replace(unplayed_facts.totals.result, rows=((0, 0, 0, None, None),))
        ),
        ledger=replace(unplayed_facts.ledger, result=empty["ledger_by_class"]),
        journey=None,
    )
    assert "No event has landed yet" in render_page(given, verification(), nothing)


def test_a_difference_is_the_first_thing_that_the_page_says(
    given: ReportInput, unplayed_facts: Facts
) -> None:
    missing = Difference(kind=Kind.MISSING_FILE, message="part-0.parquet is gone")
    page = render_page(given, verification(differences=(missing,)), unplayed_facts)
    assert "Verification found 1 difference." in page
    assert "part-0.parquet is gone" in page
    assert "Nothing was lost" not in page


def test_a_check_that_was_not_possible_is_no_proof(given: ReportInput, unplayed_facts: Facts) -> None:
    page = render_page(given, verification(skipped=("rows in events: no",)), unplayed_facts)
    assert "Not everything could be checked." in page
    assert "Nothing was lost" not in page


def test_a_ledger_line_balances_only_when_its_classes_add_up() -> None:
    line = LedgerLine(topic="events", accepted=10, landed=6, not_selected=2, rejected=1, duplicates=1)
    assert line.balances
    assert not replace(line, landed=5).balances


@pytest.fixture
def previous(tmp_path: Path) -> Path:
    folder = tmp_path / "out" / "report"
    folder.mkdir(parents=True)
    for name in (PAGE, NOTEBOOK):
        (folder / name).write_text(f"the previous {name}")
    return folder


def assert_untouched(folder: Path) -> None:
    assert {file.name: file.read_text() for file in folder.iterdir()} == {
        name: f"the previous {name}" for name in (PAGE, NOTEBOOK)
    }
    assert list(folder.parent.iterdir()) == [folder]


@pytest.mark.parametrize("answered", [0, 1, 3, 8])
def test_when_presto_stops_halfway_the_previous_report_stays(
    given: ReportInput, previous: Path, monkeypatch: pytest.MonkeyPatch, answered: int
) -> None:
    monkeypatch.setattr(
        render, "execute", lambda *_, **__: ({}, {})
    )  # the notebook has run, and the page goes on asking
    given.presto.good_for = answered  # type: ignore[attr-defined] # the canned lake of these tests
    with pytest.raises(NotRunning, match="Presto does not answer"):
        write_report(given, verification, previous)
    assert_untouched(previous)


def test_when_the_notebook_meets_no_presto_the_previous_report_stays(
    given: ReportInput, previous: Path
) -> None:
    """The canned lake says what there is; the notebook's own connection meets a closed port."""
    with pytest.raises(NotRunning, match=r"Presto does not answer at 127\.0\.0\.1:9\."):
        write_report(given, verification, previous)
    assert_untouched(previous)


def test_what_the_notebook_has_asked_is_not_asked_again(given: ReportInput, about: Outline) -> None:
    asked = gather(given, about)
    answers = {figure.sql: figure.result for figure in asked.all_figures.values()}
    given.presto.good_for = 1  # type: ignore[attr-defined] # the one event, which is no figure
    assert gather(given, about, answers) == asked


def test_what_the_notebook_has_drawn_is_not_drawn_again(given: ReportInput, facts: Facts) -> None:
    drawings = {name: f"<svg>{name}</svg>" for name in facts.all_figures}
    page = render_page(given, verification(), facts, drawings)

    assert all(page.count(f"<svg>{figure.query.name}</svg>") == 1 for figure in facts.figures)
    assert "<defs>" not in page  # which each of matplotlib's drawings has
