"""Redis: the store of the player state, with an append-only file so that it survives a kill."""

from pipectl.services.recipe import Recipe, Service, Site
from pipectl.settings import Settings


def _describe(settings: Settings, site: Site) -> Service:
    config = {
        "bind": site.bind,
        "port": settings.ports.redis,
        # Between containers only: from outside nobody but the user of this machine gets there.
        **({"protected-mode": "no"} if site.has_two_viewpoints else {}),
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
        address=f"127.0.0.1:{settings.ports.redis}",
    )


def _check_ready(settings: Settings) -> None:
    from pipectl.players.redis import check_answers  # noqa: PLC0415 - most commands ask no store

    check_answers(f"redis://127.0.0.1:{settings.ports.redis}")


RECIPE = Recipe(
    name="redis",
    describe=_describe,
    check_ready=_check_ready,
    memory_mb=lambda settings: 2 * settings.redis.max_memory_mb + 64,  # it forks to rewrite its file
    programs={"redis-server": "redis-server"},
)
