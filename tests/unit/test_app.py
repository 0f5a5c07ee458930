"""The command line's list of what its modules have."""

import importlib

import pytest
import typer
from typer.main import get_group

from pipectl.cli.app import COMMANDS


@pytest.mark.parametrize("module", COMMANDS)
def test_the_list_has_each_command_of_a_module(module: str) -> None:
    noun = typer.Typer()
    importlib.import_module(f"pipectl.cli.{module}").register(noun)

    assert set(get_group(noun).commands) == set(COMMANDS[module])
