"""All recipes, in the order of the way of an event; `down` walks it backwards."""

from collections.abc import Iterable, Mapping

from pipectl.services import collector, hdfs, kafka, presto, redis, stream
from pipectl.services.recipe import Recipe

RECIPES: Mapping[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        kafka.RECIPE,
        hdfs.NAMENODE,
        hdfs.DATANODE,
        presto.RECIPE,
        redis.RECIPE,
        collector.RECIPE,
        stream.RECIPE,
    )
}
STARTED_BY_UP = tuple(name for name in RECIPES if name != "stream")


def poms_of(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names of the poms that these services need, each once."""
    return tuple(dict.fromkeys(pom for name in names for pom in RECIPES[name].poms))
