"""The application: from a request to its answer, free of the HTTP server and of Kafka's client."""

import hmac
import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import TypeAlias

from pipectl.catalog import Catalog
from pipectl.collector.answers import TEXT, Answer, json_answer, refused_answer
from pipectl.collector.inputs import Request
from pipectl.collector.intake import PROBE_EVENT, Intake
from pipectl.collector.metrics import Metrics
from pipectl.collector.openapi import openapi_document
from pipectl.collector.players import PATH as PLAYER_PATH
from pipectl.collector.players import PlayerReader
from pipectl.collector.producer import Sender
from pipectl.collector.refusals import Refused, not_found, unauthorized, unavailable
from pipectl.collector.routes import RouteTable

Handler: TypeAlias = Callable[[Request, Mapping[str, str]], Awaitable[Answer]]

_LOG = logging.getLogger(__name__)


class Application:
    """Answers requests; whatever comes in, it raises nothing and answers no 500."""

    def __init__(
        self,
        catalog: Catalog,
        producer: Sender,
        write_key: str | None = None,
        players: PlayerReader | None = None,
    ) -> None:
        """Build all routes; raises UsageFault when the catalog takes one of the collector's own."""
        self._producer = producer
        self._write_key = write_key
        self._metrics = Metrics()
        self._intake = Intake(catalog, producer, self._metrics)
        self._openapi = json_answer(
            200, openapi_document(catalog, [PROBE_EVENT], has_players=players is not None)
        )
        self._routes = RouteTable[Handler]()
        self._add_own_routes()
        if players:
            self._add_players(players)
        for event in catalog:
            handler = self._guarded(partial(self._intake.take_route, self._intake.specs[event.name]))
            for route in event.routes:
                self._routes.add(route.method, route.path, handler)

    def _add_own_routes(self) -> None:
        self._routes.add("POST", "/events", self._guarded(self._intake.take_events))
        reading: Mapping[str, Handler] = {
            "/health": self._health,
            "/ready": self._ready,
            "/metrics": self._show_metrics,
            "/openapi.json": self._describe,
        }
        for path, handler in reading.items():
            self._routes.add("GET", path, handler)
            self._routes.add("HEAD", path, handler)

    def _add_players(self, players: PlayerReader) -> None:
        """Guarded like a write: what a player has is nobody else's business, where there is a key at all."""
        for method in ("GET", "HEAD"):
            self._routes.add(method, PLAYER_PATH, self._guarded(players.show))

    async def answer(self, request: Request) -> Answer:
        """Return the answer to a request, once Kafka has what the answer promises."""
        try:
            if request.method == "OPTIONS":
                return self._options(request)
            handler, parameters = self._routes.find(request.method, request.path)
            return await handler(request, parameters)
        except Refused as refusal:
            return await self._refuse(request, refusal)
        except Exception:  # noqa: BLE001 - the client may try again; the log has the rest
            _LOG.exception("unexpected failure at %s %s", request.method, request.path)
            return await self._refuse(request, unavailable("The collector failed; see its log."))

    async def _refuse(self, request: Request, refusal: Refused) -> Answer:
        return refused_answer(await self._intake.keep(request, refusal))

    def _options(self, request: Request) -> Answer:
        methods = self._routes.methods(request.path)
        if not methods:
            raise not_found(request.path)
        return Answer(204, [("allow", ", ".join(sorted(methods)))])

    def _guarded(self, handler: Handler) -> Handler:
        """Ask every writer for the write key, when there is one."""
        if not self._write_key:
            return handler
        expected = self._write_key.encode()

        async def check_key(request: Request, parameters: Mapping[str, str]) -> Answer:
            given = (request.header("x-write-key") or "").encode()
            if not hmac.compare_digest(given, expected):
                raise unauthorized()
            return await handler(request, parameters)

        return check_key

    async def _health(self, _request: Request, _parameters: Mapping[str, str]) -> Answer:
        return Answer(200, TEXT, b"alive\n")

    async def _ready(self, _request: Request, _parameters: Mapping[str, str]) -> Answer:
        if await self._producer.is_ready():
            return Answer(200, TEXT, b"ready\n")
        raise unavailable("Kafka does not answer, or a topic is missing.")

    async def _show_metrics(self, _request: Request, _parameters: Mapping[str, str]) -> Answer:
        return Answer(200, TEXT, self._metrics.render(self._producer.in_flight))

    async def _describe(self, _request: Request, _parameters: Mapping[str, str]) -> Answer:
        return self._openapi
