"""What is written down about a stack at its first `up`, and kept from then on."""

import base64
import fcntl
import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal, Self

from pipectl import __version__
from pipectl.errors import OperationFailed, UsageFault
from pipectl.whole import write_whole

STACK_FILE = "stack.json"


@dataclass(frozen=True, kw_only=True)
class Stack:
    """The identity of a stack: its folder, runtime, Kafka's cluster id, and who made it."""

    folder: Path
    runtime: Literal["local", "docker"]
    cluster_id: str
    partitions: int
    version: str = __version__

    @classmethod
    def load(cls, folder: Path) -> Self | None:
        """Return the stack in a folder, or None if there was no `up` yet."""
        try:
            values = json.loads((folder / STACK_FILE).read_text("utf-8"))
        except FileNotFoundError:
            return None
        return cls(folder=folder, **values)

    @classmethod
    def load_or_create(cls, folder: Path, *, runtime: Literal["local", "docker"], partitions: int) -> Self:
        """Return the stack in a folder, writing it down first where there is none.

        Raises UsageFault if the number of partitions is no longer the one that it was made with.
        """
        stack = cls.load(folder)
        if stack is None:
            made = cls(folder=folder, runtime=runtime, cluster_id=_new_cluster_id(), partitions=partitions)
            made._save()
            return made
        if stack.partitions != partitions:
            raise UsageFault(
                f"This stack was made with {stack.partitions} partitions and cannot get {partitions}.",
                evidence=f"a player's order hangs on them ({folder / STACK_FILE})",
                do_next=f"Set kafka.partitions = {stack.partitions}, or: pipectl destroy",
            )
        return replace(stack, version=__version__)

    def _save(self) -> None:
        values = {key: value for key, value in asdict(self).items() if key != "folder"}
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)  # the collector's write key is in there
        write_whole(self.folder / STACK_FILE, json.dumps(values, indent=2) + "\n")


def _new_cluster_id() -> str:
    """Sixteen random bytes as Kafka writes them: base64url without padding.

    It begins with a letter or digit, as Presto asks of the name of a node.
    """
    while not (text := base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("="))[0].isalnum():
        pass
    return text


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Hold the stack for a command that changes it; raises OperationFailed if another one does."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "command.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OperationFailed(
                "Another pipectl command is changing this stack.",
                evidence=str(folder),
                do_next="Wait until it is done, then try again.",
            ) from None
        yield
