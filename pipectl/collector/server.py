"""The only door to granian: requests in, answers out, workers that come back."""

import asyncio
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
from pipectl.collector.inputs import Request
from pipectl.collector.producer import Producer
from pipectl.collector.refusals import incomplete, length_required, too_large, unavailable

MAX_BODY_BYTES = 1024 * 1024
"""A larger body is a 413."""

_BODY_SECONDS = 30.0
_ALL_BODIES_BYTES = 64 * 1024 * 1024  # of all bodies that are being taken in or waited for, in one worker
_GRACE_SECONDS = 5  # to write the last answers, after Kafka's deadline
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
        self._application = Application(catalog, self._producer, config.write_key)
        self._body_bytes = 0

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._producer.start(loop)

    def __rsgi_del__(self, _loop: asyncio.AbstractEventLoop) -> None:
        self._producer.close()

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        headers = scope.headers
        request = Request(
            method=scope.method,
            path=scope.path,
            query=scope.query_string,
            header=headers.get,
            receive=partial(self._receive, headers.get, protocol),
        )
        answer = await self._application.answer(request)
        self._body_bytes -= len(request.body)
        protocol.response_bytes(answer.status, answer.headers, answer.body)

    async def _receive(self, header: Callable[[str], str | None], protocol: Any) -> bytes:
        """Take in a body within its bounds; what it holds of the budget is given back after the answer.

        granian's stream of chunks ends in silence when a client goes away in the middle, its whole body
        does not. Only the whole one can be trusted, and only a length that was announced bounds it.
        """
        expected = _announced(header("content-length"))
        if self._body_bytes + expected > _ALL_BODIES_BYTES:
            raise unavailable("Too many bodies are being taken in.")
        body = b""
        self._body_bytes += expected
        try:
            async with asyncio.timeout(_BODY_SECONDS):
                body = bytes(await protocol())
        except (TimeoutError, ProtocolClosed):
            raise incomplete() from None
        finally:
            self._body_bytes -= expected - len(body)
        return body


def _announced(content_length: str | None) -> int:
    """Return how many bytes will come; the server has checked that it is a number."""
    if content_length is None:
        raise length_required()
    if int(content_length) > MAX_BODY_BYTES:
        raise too_large(f"A body may have up to {MAX_BODY_BYTES} bytes.")
    return int(content_length)
