"""The description of every service, compared with a golden file.

A change of a recipe shows as a change of its golden file. To accept it:
`GOLDEN=write .venv/bin/pytest tests/plans`, then read the difference before it is committed.
"""

import json
import os
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from pipectl.runtimes.base import PlannedStep, ServiceState, plan_up
from pipectl.runtimes.bringup import given_up
from pipectl.services.recipe import Service, Site
from pipectl.services.registry import RECIPES, poms_of, services_of, started_by_up, stores_not_chosen
from pipectl.settings import Settings, State, StoreName

GOLDEN = Path(__file__).parents[1] / "golden"
SETTINGS = Settings.model_construct()
SITE = Site(
    stack_folder=Path("/stack"),
    cluster_id="AAAAAAAAAAAAAAAAAAAAAA",
    jars={name: Path("/engines") / name for name in poms_of(RECIPES)},
    class_archives=Path("/classes"),
    java=Path("/java/bin/java"),
    python=Path("/venv/bin/python"),
    bundle=Path("/bundle"),
    catalog="[event.default]\n",
)


def describe(name: str) -> Service:
    return RECIPES[name].describe(SETTINGS, SITE)


def state_of(service: Service, *, running: bool = True, digest: str | None = None) -> ServiceState:
    return ServiceState(
        name=service.name, running=running, is_over=not running, digest=digest or service.digest
    )


@pytest.mark.parametrize("name", RECIPES)
def test_the_local_description_is_the_golden_one(name: str) -> None:
    path = GOLDEN / "local" / f"{name}.json"
    described = json.dumps(asdict(describe(name)), indent=2) + "\n"
    if os.environ.get("GOLDEN") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(described, "utf-8")
    assert described == path.read_text("utf-8")


@pytest.mark.parametrize("name", RECIPES)
def test_a_service_listens_on_loopback_only(name: str) -> None:
    files = "\n".join(describe(name).files.values())
    assert "0.0.0.0" not in files  # noqa: S104 - the very thing that must not be there


def test_no_two_services_share_a_port() -> None:
    ports = [port for name in RECIPES for port in describe(name).ports.values()]
    assert len(ports) == len(set(ports))


@pytest.mark.parametrize(("store", "other"), [("redis", "cassandra"), ("cassandra", "redis")])
def test_only_the_chosen_store_is_a_service_of_the_stack(store: StoreName, other: StoreName) -> None:
    settings = SETTINGS.model_copy(update={"state": State(store=store)})
    assert set(RECIPES) - set(services_of(settings)) == {other}
    assert stores_not_chosen(settings) == (other,)
    assert store in started_by_up(settings)
    told = RECIPES["collector"].describe(settings, SITE).files["collector.json"]
    assert f"{store}://127.0.0.1:{getattr(settings.ports, store)}" in told


def test_a_store_is_given_up_once_it_was_started_and_is_no_longer_chosen(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, state=State(store="cassandra"))
    service = settings.stack_folder / "services/redis/service.json"
    service.parent.mkdir(parents=True)
    assert given_up(settings) == ()

    service.write_text("{}", "utf-8")
    assert given_up(settings) == ("redis",)
    assert given_up(settings.model_copy(update={"state": State(store="redis")})) == ()


def test_a_plan_starts_what_is_not_running_and_keeps_what_runs_as_described() -> None:
    kafka, redis = describe("kafka"), describe("redis")
    states = {"kafka": state_of(kafka), "redis": state_of(redis, running=False)}
    assert actions(plan_up((kafka, redis), states)) == {"kafka": "keep", "redis": "start"}


def test_a_plan_restarts_only_the_service_whose_description_changed() -> None:
    kafka, redis = describe("kafka"), describe("redis")
    states = {"kafka": state_of(kafka), "redis": state_of(redis)}
    changed = replace(redis, files={"redis.conf": "port 1\n"})
    assert actions(plan_up((kafka, changed), states)) == {"kafka": "keep", "redis": "restart"}


def actions(steps: tuple[PlannedStep, ...]) -> dict[str, str]:
    return {step.service.name: step.action for step in steps}
