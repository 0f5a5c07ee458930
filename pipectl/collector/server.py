"""The only door to granian: requests in, answers out, workers that come back."""

import asyncio
import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from granian import Granian
from granian.constants import HTTPModes, Interfaces, Loops

from pipectl.catalog import load_catalog
from pipectl.collector.app import Application
from pipectl.collector.config import CollectorConfig
from pipectl.collector.inputs import Request
from pipectl.collector.producer import Producer
from pipectl.collector.refusals import too_large, too_slow, unavailable

MAX_BODY_BYTES = 1024 * 1024
"""A larger body is a 413."""

_BODY_SECONDS = 30.0
_ALL_BODIES_BYTES = 64 * 1024 * 1024  # of all bodies that are being taken in or waited for, in one worker
_GRACE_SECONDS = 5  # to write the last answers, after Kafka's deadline
_IDLE_CONNECTIONS = 1_000  # open besides those that wait for Kafka
_TOO_LARGE = f"A body may have up to {MAX_BODY_BYTES} bytes."


def serve(config: CollectorConfig) -> None:
    """Listen and answer until SIGTERM or SIGINT; then finish what was begun, within a bounded time.

    Workers that die are started again. Raises UsageFault at once for a catalog that cannot be used.
    """
    Worker(config)
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
        """Take in a body within its bounds; what it holds of the budget is given back after the answer."""
        expected = int(header("content-length") or MAX_BODY_BYTES)
        if expected > MAX_BODY_BYTES:
            raise too_large(_TOO_LARGE)
        if self._body_bytes + expected > _ALL_BODIES_BYTES:
            raise unavailable("Too many bodies are being taken in.")
        body = b""
        self._body_bytes += expected
        try:
            async with asyncio.timeout(_BODY_SECONDS):
                body = await _take_in(protocol)
        except TimeoutError:
            raise too_slow() from None
        finally:
            self._body_bytes -= expected - len(body)
        return body


async def _take_in(protocol: Any) -> bytes:
    body = bytearray()
    async for chunk in protocol:
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise too_large(_TOO_LARGE)
    return bytes(body)
