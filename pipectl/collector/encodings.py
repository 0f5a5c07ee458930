"""Bodies that come compressed: gzip is inflated piece by piece, and never further than a body may go.

A bomb costs what an honest body costs: it is given up at the first byte beyond the bound.
"""

import zlib
from collections.abc import Callable

from pipectl.collector.refusals import malformed, too_large, unsupported_encoding

MAX_BODY_BYTES = 1024 * 1024
"""A larger body is a 413; one that comes compressed is measured after it was inflated."""

_PIECE = 64 * 1024  # how much is inflated at a time
_GZIP = 16 + zlib.MAX_WBITS  # zlib's way to say: with gzip's header and checksum


def decoded(body: bytes, encoding: str | None, hold: Callable[[int], None]) -> bytes:
    """Return the body as it was before it was encoded; `hold` is told how much it grows, and may raise.

    Raises Refused with 400 for damaged gzip, 413 for too much of it, 415 for any other encoding.
    """
    kind = (encoding or "identity").strip().lower()
    if kind == "identity" or not body:
        return body
    if kind not in ("gzip", "x-gzip"):
        raise unsupported_encoding()
    return _inflate(body, hold)


def _inflate(body: bytes, hold: Callable[[int], None]) -> bytes:
    inflater = zlib.decompressobj(_GZIP)
    inflated, rest = bytearray(), body
    while rest and not inflater.eof:
        try:
            piece = inflater.decompress(rest, _PIECE)
        except zlib.error as error:
            raise malformed(f"The body is not gzip: {error}") from None
        if len(inflated) + len(piece) > MAX_BODY_BYTES:
            raise too_large(f"A body may have up to {MAX_BODY_BYTES} bytes, inflated.")
        hold(len(piece))
        inflated += piece
        rest = inflater.unconsumed_tail
    if not inflater.eof:
        raise malformed("The gzip of the body ends too early.")
    if inflater.unused_data:
        raise malformed("Something follows after the gzip of the body.")
    return bytes(inflated)
