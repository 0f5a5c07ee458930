"""All recipes, in the order of the way of an event; `down` walks it backwards."""

from collections.abc import Iterable, Mapping
from typing import get_args

from pipectl.services import cassandra, collector, hdfs, kafka, presto, redis, stream
from pipectl.services.recipe import Recipe
from pipectl.settings import Settings, StoreName

RECIPES: Mapping[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        kafka.RECIPE,
        hdfs.NAMENODE,
        hdfs.DATANODE,
        presto.RECIPE,
        redis.RECIPE,
        cassandra.RECIPE,
        collector.RECIPE,
        stream.RECIPE,
    )
}


def services_of(settings: Settings) -> tuple[str, ...]:
    """Return the names of a stack's services: of the stores of player state, only the chosen one."""
    return tuple(name for name in RECIPES if name not in stores_not_chosen(settings))


def stores_not_chosen(settings: Settings) -> tuple[str, ...]:
    """Return the names of the stores that this stack does without."""
    return tuple(name for name in get_args(StoreName) if name != settings.state.store)


def started_by_up(settings: Settings) -> tuple[str, ...]:
    """Return the names of the services that `up` starts: engines and collector."""
    return tuple(name for name in services_of(settings) if name != "stream")


def poms_of(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names of the poms that these services need, each once."""
    return tuple(dict.fromkeys(pom for name in names for pom in RECIPES[name].poms))
