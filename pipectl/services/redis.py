"""Redis: the store of the player state, with an append-only file so that it survives a kill."""

import redis

from pipectl.services.recipe import Recipe, Service, Site
from pipectl.settings import Settings


def _describe(settings: Settings, site: Site) -> Service:
    config = {
        "bind": site.bind,
        "port": settings.ports.redis,
        "dir": site.folder("redis") / "data",
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": '""',
        "maxmemory": f"{settings.redis.max_memory_mb}mb",
        "maxmemory-policy": "noeviction",  # a state that forgets players is no state
        "daemonize": "no",
        "set-proc-title": "no",  # it would write over the environment that marks the process as ours
    }
    return Service(
        name="redis",
        command=("redis-server", str(site.folder("redis") / "redis.conf")),
        files={"redis.conf": "".join(f"{key} {value}\n" for key, value in config.items())},
        folders=("data",),
        ports={"clients": settings.ports.redis},
        address=f"{site.host('redis')}:{settings.ports.redis}",
    )


def _check_ready(settings: Settings) -> None:
    with redis.Redis(port=settings.ports.redis, socket_timeout=3, socket_connect_timeout=3) as client:
        client.ping()


RECIPE = Recipe(
    name="redis",
    describe=_describe,
    check_ready=_check_ready,
    programs={"redis-server": "redis-server"},
)
