"""Where the player state of a stack is kept: the store that the settings choose, among the services."""

from pipectl.players.store import PlayerStore, open_store
from pipectl.services.recipe import Site
from pipectl.settings import Settings


def store_url(settings: Settings, site: Site) -> str:
    """Return where the services of a site find the store."""
    return _url(settings, site.host(settings.state.store))


def store_namespace(settings: Settings) -> str:
    """Return what keeps the stacks apart that share one store."""
    return f"pipectl:{settings.stack}"


def connect_store(settings: Settings) -> PlayerStore:
    """Return the store as it is reached from this machine, without connecting yet."""
    return open_store(_url(settings, "127.0.0.1"), store_namespace(settings))


def _url(settings: Settings, host: str) -> str:
    return f"{settings.state.store}://{host}:{getattr(settings.ports, settings.state.store)}"
