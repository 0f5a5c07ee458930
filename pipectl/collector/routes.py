"""What a method and a path lead to: a dictionary for plain paths, patterns for the others.

A running collector asks for handlers, a replay for event types; the table does not care which.
"""

import re
from collections.abc import Mapping
from typing import Generic, NamedTuple, TypeVar

from pipectl.collector.refusals import malformed, method_not_allowed, not_found
from pipectl.errors import UsageFault

Handler = TypeVar("Handler")
_NO_PARAMETERS: Mapping[str, str] = {}
_NOT_UTF_8 = "\ufffd"  # what the server puts where percent-encoded bytes are no UTF-8
_BRACES = re.compile(r"\{([a-z0-9_]+)\}")


class Found(NamedTuple, Generic[Handler]):
    """The handler of a request, and what the path said."""

    handler: Handler
    parameters: Mapping[str, str]


class _Template(NamedTuple, Generic[Handler]):
    pattern: re.Pattern[str]
    handlers: dict[str, Handler]


class RouteTable(Generic[Handler]):
    """All routes of a collector."""

    def __init__(self) -> None:
        """Start without any."""
        self._plain: dict[tuple[str, str], Found[Handler]] = {}
        self._templates: dict[str, _Template[Handler]] = {}

    def add(self, method: str, path: str, handler: Handler) -> None:
        """Add a route; `{name}` in the path is a parameter. Raises UsageFault for one that is there."""
        if "{" in path:
            template = self._templates.setdefault(path, _Template(_pattern(path), {}))
            is_new = template.handlers.setdefault(method, handler) is handler
        else:
            found = Found(handler, _NO_PARAMETERS)
            is_new = self._plain.setdefault((method, path), found) is found
        if not is_new:
            raise UsageFault(
                f"The route {method} {path} is the collector's own.",
                do_next="Give the event type in the catalog another route.",
            )

    def find(self, method: str, path: str) -> Found[Handler]:
        """Return the handler; raises Refused with 400, 404 or 405."""
        if found := self._plain.get((method, path)):
            return found
        for template in self._templates.values():
            handler = template.handlers.get(method)
            if handler and (match := template.pattern.fullmatch(path)):
                if _NOT_UTF_8 in path:
                    raise malformed("The path is not UTF-8.")
                return Found(handler, match.groupdict())
        if allowed := self.methods(path):
            raise method_not_allowed(method, allowed)
        raise not_found(path)

    def methods(self, path: str) -> set[str]:
        """Return the methods that this path has; `*` stands for the whole collector."""
        if path == "*":
            of_templates = (one.handlers for one in self._templates.values())
            return {"OPTIONS"}.union((method for method, _ in self._plain), *of_templates)
        plain = {method for method, known in self._plain if known == path}
        matching = (one.handlers for one in self._templates.values() if one.pattern.fullmatch(path))
        methods = plain.union(*matching)
        return methods | {"OPTIONS"} if methods else methods


def _pattern(path: str) -> re.Pattern[str]:
    parts = _BRACES.split(path)
    parts[::2] = [re.escape(text) for text in parts[::2]]
    parts[1::2] = [f"(?P<{name}>[^/]+)" for name in parts[1::2]]
    return re.compile("".join(parts))
