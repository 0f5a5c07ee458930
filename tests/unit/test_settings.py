"""Settings: which layer wins, where a value came from, and what a wrong one is told."""

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pipectl.bundled import bundled
from pipectl.errors import UsageFault
from pipectl.settings import SETTINGS_FILE, Settings, load_settings

PORTS = st.integers(min_value=1, max_value=65535)
# Values of the template that stand for "none" or for the place that the platform says.
NOT_LITERAL = {"home", "cache", "catalog", "collector.write_key"}


@pytest.fixture(autouse=True)
def _empty_folder_and_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("PIPECTL_")]:
        monkeypatch.delenv(name)


def _write(text: str) -> Path:
    path = Path(SETTINGS_FILE)
    path.write_text(text, "utf-8")
    return path


def _flat(settings: Settings) -> dict[str, Any]:
    return {key: value for key, value, _ in load_settings_rows(settings)}


def load_settings_rows(settings: Settings) -> list[tuple[str, Any, str]]:
    return [
        (f"{section}.{key}", value, "") if isinstance(body, Mapping) else (section, body, "")
        for section, body in settings.model_dump(mode="json").items()
        for key, value in (body.items() if isinstance(body, Mapping) else [("", body)])
    ]


def test_without_any_layer_every_setting_is_its_default_and_says_so() -> None:
    resolved = load_settings()

    assert resolved.settings == Settings()
    assert {origin for _, _, origin in resolved.rows()} == {"default"}


@given(in_file=PORTS, in_environment=st.none() | PORTS, in_flag=st.none() | PORTS)
def test_a_flag_beats_the_environment_which_beats_the_file(
    in_file: int, in_environment: int | None, in_flag: int | None
) -> None:
    file = _write(f"[ports]\nkafka = {in_file}\n")
    with pytest.MonkeyPatch.context() as patch:
        if in_environment is not None:
            patch.setenv("PIPECTL_PORTS__KAFKA", str(in_environment))
        resolved = load_settings(file=file, flags={"ports.kafka": in_flag})

    expected = [(in_flag, "flag"), (in_environment, "environment"), (in_file, SETTINGS_FILE)]
    strongest = next(pair for pair in expected if pair[0] is not None)
    assert (resolved.settings.ports.kafka, resolved.origins["ports.kafka"]) == strongest


def test_layers_are_merged_key_by_key_within_a_section(monkeypatch: pytest.MonkeyPatch) -> None:
    _write("[ports]\nkafka = 21001\nredis = 21002\n")
    monkeypatch.setenv("PIPECTL_PORTS__REDIS", "21003")

    ports = load_settings(flags={"ports.presto": 21004}).settings.ports

    assert (ports.kafka, ports.redis, ports.presto, ports.collector) == (21001, 21003, 21004, 5000)


def test_the_settings_file_of_the_folder_is_found_without_being_named() -> None:
    _write('stack = "mine"\n')

    assert load_settings().settings.stack == "mine"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("all", "all"),
        ('["purchase_sword", "join_guild"]', ("purchase_sword", "join_guild")),
    ],
)
def test_the_selection_can_come_from_the_environment(
    text: str, expected: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIPECTL_STREAM__SELECT", text)

    assert load_settings().settings.stream.select == expected


def test_an_unknown_key_is_named_with_its_file_and_the_nearest_right_one() -> None:
    _write("[ports]\nkafak = 9092\n")

    with pytest.raises(UsageFault, match=r"`ports\.kafak`.*pipectl\.toml") as caught:
        load_settings()

    assert "`ports.kafka`" in caught.value.do_next


def test_an_unknown_key_of_a_section_in_the_environment_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIPECTL_PORTS__KAFAK", "9092")

    with pytest.raises(UsageFault, match=r"`ports\.kafak` \(environment\)"):
        load_settings()


@pytest.mark.parametrize(
    "text",
    [
        "[bogus]\n",
        "[bogus]\nkey = 1\n",
        "ports = 3\n",
        "stack = { name = 'x' }\n",
        "[ports.kafka]\nnumber = 1\n",
        "stack = 'Not A Name'\n",
        "[ports]\nkafka = 0\n",
        "[ports]\nkafka = 'many'\n",
        "[stream]\nselect = 'some'\n",
        "this is no TOML",
    ],
)
def test_whatever_is_wrong_in_the_file_is_a_usage_fault_with_a_next_step(text: str) -> None:
    _write(text)

    with pytest.raises(UsageFault) as caught:
        load_settings()

    assert caught.value.exit_code == 2
    assert caught.value.do_next


def test_text_in_the_environment_that_is_no_section_is_a_usage_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIPECTL_PORTS", "many")

    with pytest.raises(UsageFault, match="ports"):
        load_settings()


def test_a_wrong_value_is_blamed_on_the_layer_that_it_came_from(monkeypatch: pytest.MonkeyPatch) -> None:
    _write("[ports]\nkafka = 9092\n")
    monkeypatch.setenv("PIPECTL_PORTS__KAFKA_CONTROLLER", "0")

    with pytest.raises(UsageFault, match=r"`ports\.kafka_controller` is wrong \(environment\)") as caught:
        load_settings()

    assert "'0'" in caught.value.evidence


def test_a_file_that_is_named_but_missing_is_an_error() -> None:
    with pytest.raises(UsageFault, match=r"no settings file elsewhere\.toml"):
        load_settings(file=Path("elsewhere.toml"))


def test_a_flag_that_was_not_given_changes_nothing() -> None:
    assert load_settings(flags={"stack": None}).origins == {}


def test_a_collector_that_others_can_reach_needs_a_write_key() -> None:
    with pytest.raises(UsageFault, match="collector") as caught:
        load_settings(flags={"collector.host": "0.0.0.0"})  # noqa: S104 - it is what is refused

    assert "write_key" in caught.value.evidence
    load_settings(flags={"collector.host": "0.0.0.0", "collector.write_key": "k"})  # noqa: S104 - as above


def test_settings_are_frozen() -> None:
    with pytest.raises(ValidationError):
        Settings().stack = "other"


def test_the_catalog_is_the_one_set_else_the_folders_else_the_demo_games() -> None:
    assert Settings().catalog_file == bundled("events.toml")
    Path("events.toml").touch()
    assert Settings().catalog_file == Path("events.toml")
    assert Settings(catalog=Path("mine.toml")).catalog_file == Path("mine.toml")


def test_the_template_is_valid_and_changes_nothing() -> None:
    resolved = load_settings(file=bundled(SETTINGS_FILE))

    assert resolved.origins == {}


def test_the_template_shows_every_setting_at_its_default() -> None:
    uncommented = re.sub(r"^# (?=\w+ = )", "", bundled(SETTINGS_FILE).read_text("utf-8"), flags=re.MULTILINE)
    shown = tomllib.loads(uncommented)

    flat = {
        f"{section}.{key}" if key else section: value
        for section, body in shown.items()
        for key, value in (body.items() if isinstance(body, dict) else [("", body)])
    }
    defaults = _flat(Settings())
    assert flat.keys() == defaults.keys()
    assert {k: v for k, v in flat.items() if k not in NOT_LITERAL} == {
        k: v for k, v in defaults.items() if k not in NOT_LITERAL
    }


@pytest.mark.parametrize("wrong", [{"upkeep.keep_hours": 0.5}, {"upkeep.keep_snapshots": 99}])
def test_upkeep_keeps_an_hour_and_a_hundred_snapshots_at_least(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageFault, match=next(iter(wrong))):
        load_settings(flags=wrong)
