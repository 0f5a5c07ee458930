"""The containers of every recipe, compared with golden files, and the compose file made of them.

To accept a change of a container: `GOLDEN=write .venv/bin/pytest tests/plans`, then read the difference.
"""

import json
import os
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import yaml

from pipectl.runtimes.compose import COMPOSE_FILE, compose_files
from pipectl.runtimes.docker_plan import (
    STACK_LABEL,
    Container,
    Place,
    docker_site,
    plan_container,
    with_image,
)
from pipectl.services.recipe import Service
from pipectl.services.registry import RECIPES, services_of
from pipectl.settings import Collector, Settings

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden" / "docker"
SETTINGS = Settings.model_construct(cache=Path("/cache"), home=Path("/home"))
SITE = docker_site("AAAAAAAAAAAAAAAAAAAAAA", "[event.default]\n")
PLACE = Place(project="pipectl-test")


def describe(name: str, settings: Settings = SETTINGS) -> Service:
    return with_image(RECIPES[name].describe(settings, SITE), "pipectl:golden")


def contain(name: str, settings: Settings = SETTINGS) -> Container:
    return plan_container(describe(name, settings), settings, PLACE)


@pytest.mark.parametrize("name", RECIPES)
def test_the_container_is_the_golden_one(name: str) -> None:
    path, container = GOLDEN / f"{name}.json", contain(name)
    derived = {"name": container.name, "volume": container.volume, "labels": container.labels}
    planned = json.dumps({**derived, **asdict(container)}, indent=2) + "\n"
    if os.environ.get("GOLDEN") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(planned, "utf-8")
    assert planned == path.read_text("utf-8")


@pytest.mark.parametrize("name", RECIPES)
def test_ports_are_published_on_loopback_only(name: str) -> None:
    assert set(contain(name).ports.values()) <= {"127.0.0.1"}


def test_a_collector_that_is_set_to_another_address_is_published_there() -> None:
    settings = SETTINGS.model_copy(
        update={"collector": Collector.model_validate({"host": "192.0.2.1", "write_key": "key"})}
    )
    assert contain("collector", settings).ports == {5000: "192.0.2.1"}


@pytest.mark.parametrize("name", RECIPES)
def test_no_path_of_the_host_is_in_what_a_service_is_told(name: str) -> None:
    told = json.dumps(contain(name).description)
    assert "/cache" not in told
    assert "/home" not in told


@pytest.mark.parametrize("name", RECIPES)
def test_only_jars_come_from_the_host_and_never_the_daemons_socket(name: str) -> None:
    assert all(source.startswith("/cache/engines/") for source in contain(name).read_only.values())


def test_kafka_tells_its_neighbours_another_address_than_the_user() -> None:
    broker = describe("kafka").files["server.properties"]
    assert "advertised.listeners=CLIENTS://127.0.0.1:9092,INSIDE://kafka:9094," in broker
    assert '"bootstrap_servers": "kafka:9094"' in describe("collector").files["collector.json"]


def test_another_image_is_another_service() -> None:
    service = describe("redis")
    assert with_image(service, "pipectl:other").digest != service.digest


def test_a_changed_setting_changes_only_the_container_that_it_is_of() -> None:
    changed = SETTINGS.model_copy(update={"redis": SETTINGS.redis.model_copy(update={"max_memory_mb": 512})})
    different = [name for name in RECIPES if contain(name).digest != contain(name, changed).digest]
    assert different == ["redis"]


def test_two_stacks_of_one_name_in_two_folders_are_two_places() -> None:
    other = SETTINGS.model_copy(update={"home": Path("/elsewhere")})
    assert Place.of(SETTINGS) != Place.of(other)
    assert Place.of(SETTINGS).filters == (f"{STACK_LABEL}={Place.of(SETTINGS).project}",)


def test_a_container_of_another_place_has_other_names() -> None:
    ours, theirs = contain("kafka"), replace(contain("kafka"), place=Place(project="pipectl-test-2"))
    assert not {ours.name, ours.volume, ours.place.network} & {
        theirs.name,
        theirs.volume,
        theirs.place.network,
    }


def test_the_committed_compose_file_is_made_from_the_recipes() -> None:
    """Where this fails after a change of a recipe, a setting or events.toml: pipectl compose export."""
    made = compose_files(Settings.model_construct(), (ROOT / "events.toml").read_text("utf-8"))
    assert {name: (ROOT / "compose" / name).read_text("utf-8") for name in made} == made


def test_the_compose_file_is_the_same_stack_and_its_first_steps() -> None:
    document = yaml.safe_load(compose_files(SETTINGS, "[event.default]\n")[COMPOSE_FILE])
    own = services_of(SETTINGS)
    assert set(document["services"]) == {*own, "first-steps"}
    for name in own:
        ports = [f"{address}:{port}:{port}" for port, address in contain(name).ports.items()]
        assert document["services"][name].get("ports", []) == ports


def test_each_service_of_the_compose_file_has_its_own_address_in_a_subnet_that_can_be_moved() -> None:
    document = yaml.safe_load(compose_files(SETTINGS, "[event.default]\n")[COMPOSE_FILE])
    (pool,) = document["networks"]["default"]["ipam"]["config"]
    own = [
        document["services"][name]["networks"]["default"]["ipv4_address"] for name in services_of(SETTINGS)
    ]
    assert len({pool["gateway"], *own}) == len(own) + 1
    assert {address.partition("}")[0] for address in (*pool.values(), *own)} == {
        pool["subnet"].partition("}")[0]
    }
    assert pool["subnet"].startswith("${PIPECTL_SUBNET:-10.")
