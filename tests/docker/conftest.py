"""Only for stacks in containers: `make test-docker` asks for them, and has seen to a daemon."""

from pathlib import Path

import pytest

from tests.harness import RUNTIME


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if RUNTIME != "docker" and here in item.path.parents:
            item.add_marker(pytest.mark.skip(reason="the stacks of this run are local processes"))
