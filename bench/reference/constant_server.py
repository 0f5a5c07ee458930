"""The raw limit: the collector's HTTP server with a constant answer, no event and no Kafka.

python constant_server.py PORT
"""

import sys
from typing import Any

from granian import Granian
from granian.constants import HTTPModes, Interfaces, Loops

ANSWER = b"Welcome to the game!\n"
HEADERS = [("content-type", "text/plain; charset=utf-8")]


async def app(_scope: Any, protocol: Any) -> None:
    """Answer every request with the same bytes."""
    protocol.response_bytes(200, HEADERS, ANSWER)


def main(port: str) -> None:
    """Answer until ended, with the settings of the collector's server."""
    Granian(
        target="constant_server",
        address="127.0.0.1",
        port=int(port),
        interface=Interfaces.RSGI,
        workers=1,
        loop=Loops.uvloop,
        http=HTTPModes.http1,
        websockets=False,
    ).serve(target_loader=lambda: app, wrap_loader=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
