"""A Redis of its own for a test, to be killed and started as the test likes."""

import signal
import socket
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from pipectl.players.redis import check_answers
from pipectl.waiting import wait_until


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class RedisServer:
    """Keeps its append-only file in a folder, flushed at every command so that a test knows what is in it."""

    folder: Path
    port: int = field(default_factory=_free_port)

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    def start(self) -> None:
        options = {"bind": "127.0.0.1", "port": self.port, "dir": self.folder, "save": ""}
        words = [word for key, value in options.items() for word in (f"--{key}", str(value))]
        command = ["redis-server", *words, "--appendonly", "yes", "--appendfsync", "always"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        wait_until(self._answers, timeout_seconds=20, message="Redis does not answer.")

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def _answers(self) -> bool:
        check_answers(self.url)
        return True
