"""Requests that no well-behaved game would send, and from their answers: what must have been kept.

A request begins as a right one of some route; then up to three of its parts are spoilt.
"""

import gzip
import http.client
import json
import random
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from typing import Any, Self
from urllib.parse import quote, urlencode

from pipectl.catalog import Catalog, EventType

KEPT = (400, 415, 422)
CUT_OFF = 0
"""Stands for an answer that was lost: of a 404, 405 or 413 the connection is closed while the body comes."""
TOO_LARGE = 1024 * 1024 + 1
_LARGE_BODY = 32 * 1024
_BOMB = gzip.compress(bytes(8 * TOO_LARGE))
_TIMEOUT_SECONDS = 30
_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 5.0, 5.5, -0.0, 1e300, 2**31, 2**63, 2**70, -(2**70), 10**400),
    *("", " ", "0", "-1", "bow", "won", "null", "true", "é", "刀", "\0", "\u202e", "a" * 65, "a" * 70_000),
    *("'; drop table events; --", "<script>alert(1)</script>", "${jndi:ldap://x}", "../../etc/passwd", "%00"),
    *([], {}, [1, 2], {"a": {"b": []}}, [[[[[]]]]], ["bow"], {"price": 1}),
    *("2026-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z", "2026-13-01T00:00:00Z"),
)
_NAMES = ("price", "quantity", "user_id", "event_id", "event_type", "client_ts", "sent_at", "session_id")
_ODD_NAMES = (
    "",
    "prise",
    "__proto__",
    "$where",
    "a" * 5_000,
    "é",
    "\0",
    "request",
    "payload_hash",
    "traffic",
)
_BODIES = (
    *(b"", b" ", b"{", b"}", b"[]", b"[[]]", b"null", b"42", b'"text"', b"{}", b"[{}, {}]", b"\0" * 64),
    *(
        b"\xff\xfe",
        b"\xef\xbb\xbf{}",
        b'{"a":\xff}',
        b'{"price": NaN}',
        b'{"price": 1e999}',
        b'{"price": 01}',
    ),
    *(b'{"guild_name": "\\ud800"}', b'{"price": 1, "price": 2}', b'{"price": 1} x', b"price=1&price=2"),
    *(b"price=%", b"price=%zz", b"price=%ff", b"&&&&", b"=", b"a" * 70_000, b"[" * 50_000, b'{"a":' * 5_000),
    *(b"<xml/>", b"--x\r\nContent-Disposition: form-data\r\n\r\n", b"price=1;quantity=2"),
)
_TYPES = (
    *("application/json", "application/json; charset=utf-8", "application/x-www-form-urlencoded"),
    *(
        "text/plain",
        "",
        "application/json; charset=latin-1",
        "multipart/form-data; boundary=x",
        "json",
        ";;;",
    ),
)
_PATHS = (
    *("/", "//", "/nothing", "/events", "/events/", "/inventory/", "/inventory/a/b", "/inventory/%ff"),
    *("/inventory/%00", "/inventory/%2F", "/players/", "/guilds//members", "/health", "/metrics", "/%2e%2e/"),
    *("/iap/%E5%88", "/openapi.json?x=%", "/purchase_a_sword/%F0%9F%97%A1", "/a" * 2_000),
)
_HEADERS: tuple[tuple[str, str], ...] = (
    *(("Idempotency-Key", "a b"), ("Idempotency-Key", "x" * 200), ("Idempotency-Key", "é")),
    *(("X-User-Id", "é"), ("X-User-Id", ""), ("X-User-Id", "a" * 300), ("X-User-Id", "somebody else")),
    *(("X-Pipectl-Traffic", "probe"), ("X-Pipectl-Traffic", "x" * 2_000), ("X-Pipectl-Run", "r" * 2_000)),
    *(("Accept", "application/json"), ("Accept", "*" * 2_000), ("User-Agent", ""), ("Cookie", "password=1")),
    *(("Content-Encoding", "br"), ("Content-Encoding", "gzip"), ("Content-Encoding", "gzip, gzip")),
    *(("Range", "bytes=0-"), ("If-Match", "*"), ("X-HTTP-Method-Override", "DELETE"), ("Host", "[::1]:x")),
)
_METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "PROPFIND", "get", "X" * 100)


@dataclass(frozen=True, kw_only=True)
class Fuzzed:
    """One request; `announced` is a Content-Length of which not one byte will follow."""

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    announced: int | None = None


class Fuzzer:
    """Makes requests; the same seed makes the same ones."""

    def __init__(self, catalog: Catalog, *, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - requests, not secrets
        self._events = [event for event in catalog if event.routes]
        self._spoil: tuple[Callable[[Fuzzed], Fuzzed], ...] = (
            self._method,
            self._path,
            self._query,
            self._body,
            self._values,
            self._type,
            self._header,
            self._packed,
            self._list,
            self._size,
        )

    def request(self) -> Fuzzed:
        """Return the next one."""
        request = self._right(self._random.choice(self._events))
        for _ in range(self._random.randint(0, 3)):
            request = self._random.choice(self._spoil)(request)
        return request

    def _right(self, event: EventType) -> Fuzzed:
        route = self._random.choice(event.routes)
        path = route.path
        for name in route.parameters:
            known = event.fields.get(name)
            value = str(known.default if known and known.default is not None else "ann")
            path = path.replace(f"{{{name}}}", value)
        headers = {"Host": "fuzzed.example", "Content-Type": "application/json"}
        body = None if route.method == "GET" else b"{}"
        return Fuzzed(method=route.method, target=path, headers=headers, body=body)

    def _method(self, request: Fuzzed) -> Fuzzed:
        return replace(request, method=self._random.choice(_METHODS))

    def _path(self, request: Fuzzed) -> Fuzzed:
        return replace(request, target=self._random.choice(_PATHS))

    def _query(self, request: Fuzzed) -> Fuzzed:
        broken = ("?price=%", "?%ff=1", "?&&&", "?price=1&price=2", "?" + "a=1&" * 1_100, "?=", "?a=%00")
        pairs = [
            (name, value) for name, value in self._pairs().items() if isinstance(value, str | int | float)
        ]
        written = "?" + urlencode([(name, str(value)[:2_000]) for name, value in pairs], quote_via=quote)
        return replace(request, target=request.target + self._random.choice((*broken, *[written] * 7)))

    def _body(self, request: Fuzzed) -> Fuzzed:
        return replace(request, body=self._random.choice(_BODIES))

    def _values(self, request: Fuzzed) -> Fuzzed:
        return replace(request, body=json.dumps(self._pairs()).encode())

    def _type(self, request: Fuzzed) -> Fuzzed:
        return self._with_header(request, "Content-Type", self._random.choice(_TYPES))

    def _header(self, request: Fuzzed) -> Fuzzed:
        return self._with_header(request, *self._random.choice(_HEADERS))

    def _packed(self, request: Fuzzed) -> Fuzzed:
        """Compress the body; at times cut it off, and at times make it a bomb."""
        packed = gzip.compress(request.body or b"")
        body = self._random.choice((packed, packed, packed[:-3], packed + b"x", _BOMB))
        return self._with_header(replace(request, body=body), "Content-Encoding", "gzip")

    def _list(self, request: Fuzzed) -> Fuzzed:
        """Send a list: right events, wrong ones, and what is no event at all."""
        items = [
            {"event_type": self._random.choice(self._events).name, **self._pairs(most=1)},
            {"event_type": self._random.choice(self._events).name},
            self._random.choice(_VALUES),
        ]
        count = self._random.choice((0, 1, 2, 3))
        body = json.dumps(items[:count] * self._random.choice((1, 1, 1, 1, 400))).encode()
        return replace(request, method="POST", target="/events", body=body)

    def _size(self, request: Fuzzed) -> Fuzzed:
        return replace(request, method="POST", body=None, announced=TOO_LARGE)

    def _pairs(self, most: int = 6) -> dict[str, Any]:
        fields = list(self._random.choice(self._events).fields)
        names = [*fields, *_NAMES, self._random.choice(_ODD_NAMES)]
        chosen = self._random.choices(names, k=self._random.randint(0, most))
        return {name: self._random.choice(_VALUES) for name in chosen}

    def _with_header(self, request: Fuzzed, name: str, value: str) -> Fuzzed:
        return replace(request, headers={**request.headers, name: value})


@dataclass
class Tally:
    """What was answered, and how many refusals the collector has to have kept for it."""

    statuses: Counter[int] = field(default_factory=Counter)
    to_be_kept: int = 0

    def __add__(self, other: Self) -> "Tally":
        return Tally(self.statuses + other.statuses, self.to_be_kept + other.to_be_kept)

    def note(self, status: int, body: bytes) -> None:
        """Count one answer; of a list each item for itself."""
        self.statuses[status] += 1
        document = json.loads(body) if body.startswith(b"{") else {}
        answers = document.get("items", [{"status": status}])
        self.to_be_kept += sum(answer["status"] in KEPT for answer in answers)


def send_all(port: int, fuzzer: Fuzzer, count: int) -> Tally:
    """Send so many requests, each over a connection of its own; return what was answered."""
    tally = Tally()
    for _ in range(count):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT_SECONDS)
        with closing(connection):
            tally.note(*_ask(connection, fuzzer.request()))
    return tally


def _ask(connection: http.client.HTTPConnection, request: Fuzzed) -> tuple[int, bytes]:
    """Send a request and return status and body; CUT_OFF for one whose large body nobody would read."""
    try:
        with suppress(BrokenPipeError):  # answered before all of it was sent
            _send(connection, request)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except ConnectionError:
        if (request.announced or len(request.body or b"")) < _LARGE_BODY:
            raise
        return CUT_OFF, b""


def _send(connection: http.client.HTTPConnection, request: Fuzzed) -> None:
    connection.putrequest(request.method, request.target, skip_host=True, skip_accept_encoding=True)
    for name, value in request.headers.items():
        connection.putheader(name, value.encode("utf-8"))
    if request.announced or request.body is not None:
        connection.putheader("Content-Length", str(request.announced or len(request.body or b"")))
    connection.endheaders(request.body)
