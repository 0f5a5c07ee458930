"""A request that is not accepted: one exception, and one function for each reason.

400, 415 and 422 are kept whole in the topic `events-rejected`, so that what a game sent wrongly can be
looked at and repaired; the others are only counted.
"""

import difflib
from collections.abc import Collection, Sequence

import msgspec

MAX_VIOLATIONS = 50
"""A body can be wrong in a hundred thousand places; nobody reads more than these."""

_NAME_SHOWN = 64  # characters of a name that the client made up
RETRY = [("retry-after", "1")]
"""Goes with a 503: seconds until another try makes sense."""


class Violation(msgspec.Struct, frozen=True):
    """One broken rule of the catalog: where, which, and in words."""

    path: str
    rule: str
    message: str


class Refused(Exception):
    """Raised where it turns out that a request cannot be accepted; `app` turns it into the answer."""

    def __init__(
        self,
        status: int,
        reason: str,
        message: str,
        *,
        errors: Sequence[Violation] = (),
        headers: Sequence[tuple[str, str]] = (),
    ) -> None:
        """Keep what the client is told; `headers` go with the answer."""
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message
        self.errors = tuple(errors[:MAX_VIOLATIONS])
        self.headers = tuple(headers)

    @property
    def is_kept(self) -> bool:
        """Whether the request belongs into the topic `events-rejected`."""
        return self.status in (400, 415, 422)


def malformed(message: str) -> Refused:
    """Return a 400: the bytes are not what they claim to be."""
    return Refused(400, "malformed", message, errors=[Violation("$", "malformed", message)])


def unsupported_media_type(message: str) -> Refused:
    """Return a 415: a body in a form that the collector does not read."""
    return Refused(415, "unsupported_media_type", message, errors=[Violation("$", "media_type", message)])


def unsupported_encoding() -> Refused:
    """Return a 415 that names the one encoding in which a body may come."""
    refusal = unsupported_media_type("A body may come as it is, or with Content-Encoding: gzip.")
    refusal.headers = (("accept-encoding", "gzip"),)
    return refusal


def violated(errors: Sequence[Violation]) -> Refused:
    """Return a 422: readable, but against the catalog."""
    return Refused(422, "catalog_violation", errors[0].message, errors=errors)


def unauthorized() -> Refused:
    """Return a 401: the write key is missing or wrong."""
    scheme = ("www-authenticate", "X-Write-Key")
    return Refused(401, "unauthorized", "The header X-Write-Key is missing or wrong.", headers=[scheme])


def not_found(path: str) -> Refused:
    """Return a 404: no method has this path."""
    return Refused(404, "not_found", f"There is no {path[:_NAME_SHOWN]} here; see /openapi.json.")


def method_not_allowed(method: str, allowed: Collection[str]) -> Refused:
    """Return a 405 that names the methods which this path has."""
    allow = ", ".join(sorted(allowed))
    message = f"{method[:_NAME_SHOWN]} is not for this path; it has {allow}."
    return Refused(405, "method_not_allowed", message, headers=[("allow", allow)])


def incomplete() -> Refused:
    """Return a 408: the body did not come, or not in time."""
    return Refused(408, "incomplete", "The body did not arrive in time.", headers=[("connection", "close")])


def length_required() -> Refused:
    """Return a 411: a body of unknown length cannot be bounded."""
    return Refused(411, "length_required", "A body needs a Content-Length; chunks are not taken.")


def too_large(message: str) -> Refused:
    """Return a 413: more bytes, or more events, than one request may bring."""
    return Refused(413, "too_large", message)


def unavailable(message: str) -> Refused:
    """Return a 503: nothing is wrong with the request, and the same one may be sent again."""
    return Refused(503, "unavailable", message, headers=RETRY)


def unknown_name(name: str, known: Collection[str]) -> Violation:
    """Return the violation for a name that the catalog does not have, with the nearest right one."""
    shown = name[:_NAME_SHOWN]
    nearest = difflib.get_close_matches(shown, known, n=1)
    hint = f"did you mean {nearest[0]}?" if nearest else f"known are {', '.join(sorted(known))}"
    return Violation(f"$.{shown}", "unknown", f"{shown} is unknown; {hint}")
