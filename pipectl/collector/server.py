"""The only door to granian: requests in, answers out, workers that come back."""

import asyncio
import gc
import math
import resource
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from granian import Granian
from granian.constants import HTTPModes, Interfaces, Loops
from granian.rsgi import ProtocolClosed

from pipectl.catalog import load_catalog
from pipectl.collector.app import Application
from pipectl.collector.config import CollectorConfig
from pipectl.collector.encodings import MAX_BODY_BYTES
from pipectl.collector.inputs import Request
from pipectl.collector.players import PlayerReader
from pipectl.collector.producer import Producer
from pipectl.collector.refusals import incomplete, length_required, too_large, unavailable
from pipectl.players.store import open_store

_BODY_SECONDS = 30.0
_ALL_BODIES_BYTES = 64 * 1024 * 1024  # of all bodies that are being taken in or waited for, in one worker
_STORE_SECONDS = 2.0  # for one answer of the store of player state
_GRACE_SECONDS = 5  # to write the last answers, after Kafka's deadline
_ALLOCATIONS_A_ROUND = 50_000  # of the garbage collector: a few MB at most that wait for it
_IDLE_CONNECTIONS = 1_000  # open besides those that wait for Kafka


def serve(config: CollectorConfig) -> None:
    """Listen and answer until SIGTERM or SIGINT; then finish what was begun, within a bounded time.

    Workers that die are started again. Raises UsageFault at once for a catalog that cannot be used.
    """
    Worker(config)
    _allow_many_connections()
    server = Granian(
        target="pipectl.collector",
        address=config.host,
        port=config.port,
        interface=Interfaces.RSGI,
        workers=config.workers,
        loop=Loops.uvloop,
        http=HTTPModes.http1,
        websockets=False,
        backpressure=config.max_in_flight + _IDLE_CONNECTIONS,
        respawn_failed_workers=True,
        workers_kill_timeout=math.ceil(config.kafka_timeout_seconds) + _GRACE_SECONDS,
    )
    server.serve(target_loader=partial(Worker, config), wrap_loader=False)


def _allow_many_connections() -> None:
    """Use all the open files that this user may have; the usual soft limit is a thousand or so."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class Worker:
    """One worker process's RSGI application."""

    def __init__(self, config: CollectorConfig) -> None:
        """Build everything that needs no event loop and no connection."""
        catalog = load_catalog(Path(config.catalog_file))
        self._producer = Producer(config)
        self._application = Application(catalog, self._producer, config.write_key, _players(config))
        self._budget = _Budget()

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        _collect_seldom()
        self._producer.start(loop)

    def __rsgi_del__(self, _loop: asyncio.AbstractEventLoop) -> None:
        self._producer.close()

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        headers = scope.headers
        share = _Share(self._budget)
        request = Request(
            method=scope.method,
            path=scope.path,
            query=scope.query_string,
            header=headers.get,
            receive=partial(_receive, headers.get, protocol, share),
            hold=share.take,
            has_header=headers.__contains__,
        )
        try:
            answer = await self._application.answer(request)
            await request.skip()
        finally:
            share.give_back()
        protocol.response_bytes(answer.status, answer.headers, answer.body)


def _collect_seldom() -> None:
    """Spare the collector of garbage what is here for good, and most of its rounds.

    Almost nothing here is in a cycle. By its defaults a list of events alone would have it run several
    times, for a fifth of the CPU that the events cost.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_ALLOCATIONS_A_ROUND)


class _Budget:
    """The bytes of all bodies that one worker holds now."""

    def __init__(self) -> None:
        self.held = 0


class _Share:
    """What one request holds of the budget, from its first byte to its answer."""

    def __init__(self, budget: _Budget) -> None:
        self._budget = budget
        self._held = 0

    def take(self, size: int) -> None:
        """Hold so many bytes more; raises Refused when all requests together would hold too many."""
        if self._budget.held + size > _ALL_BODIES_BYTES:
            raise unavailable("Too many bodies are being taken in.")
        self._budget.held += size
        self._held += size

    def give_back(self) -> None:
        """Hold nothing any more."""
        self._budget.held -= self._held
        self._held = 0


async def _receive(header: Callable[[str], str | None], protocol: Any, share: _Share) -> bytes:
    """Take in a body within its bounds.

    granian's stream of chunks ends in silence when a client goes away in the middle, its whole body
    does not. Only the whole one can be trusted, and only a length that was announced bounds it.
    """
    share.take(_announced(header("content-length")))
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            return bytes(await protocol())
    except (TimeoutError, ProtocolClosed):
        raise incomplete() from None


def _players(config: CollectorConfig) -> PlayerReader | None:
    if config.store_url is None:
        return None
    store = open_store(config.store_url, config.store_namespace, timeout_seconds=_STORE_SECONDS)
    return PlayerReader(store)


def _announced(content_length: str | None) -> int:
    """Return how many bytes will come; the server has checked that it is a number."""
    if content_length is None:
        raise length_required()
    if int(content_length) > MAX_BODY_BYTES:
        raise too_large(f"A body may have up to {MAX_BODY_BYTES} bytes.")
    return int(content_length)
