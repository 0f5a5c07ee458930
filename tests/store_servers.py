"""A store's server of its own for a test, to be killed and started as the test likes."""

import signal
import subprocess
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from pipectl.players import cassandra, redis
from pipectl.runtimes.launch import write_files
from pipectl.runtimes.ports import free_ports
from pipectl.services.cassandra import RECIPE
from pipectl.services.jars import ensure_jars, pom
from pipectl.services.jvm import find_java
from pipectl.services.recipe import Site
from pipectl.settings import Ports, Settings
from pipectl.waiting import wait_until

_START_SECONDS = 120


def _free_port() -> int:
    return free_ports(1)[0]


@dataclass
class StoreServer(ABC):
    """Keeps what it is told in a folder, also when it is killed, so that a test knows what is in it."""

    folder: Path
    port: int = field(default_factory=_free_port)

    @property
    @abstractmethod
    def url(self) -> str:
        """Where clients find it."""

    @property
    @abstractmethod
    def files(self) -> Path:
        """The folder that holds all that it writes."""

    @abstractmethod
    def command(self) -> tuple[str, ...]:
        """What starts it."""

    @abstractmethod
    def check_answers(self) -> None:
        """Raise if it does not answer."""

    def start(self) -> None:
        self.files.mkdir(parents=True, exist_ok=True)
        with (self.folder / "log").open("ab") as log:
            self._process = self._begin(log)
        wait_until(self._answers, timeout_seconds=_START_SECONDS, message="The store does not answer.")

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def _begin(self, log: IO[bytes]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self.command(), stdout=log, stderr=subprocess.STDOUT)

    def _answers(self) -> bool:
        assert self._process.poll() is None, (self.folder / "log").read_text("utf-8")
        self.check_answers()
        return True


class RedisServer(StoreServer):
    """Its append-only file is flushed at every command."""

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    @property
    def files(self) -> Path:
        return self.folder / "data"

    def command(self) -> tuple[str, ...]:
        options = {"bind": "127.0.0.1", "port": self.port, "dir": self.files, "save": ""}
        words = [word for key, value in options.items() for word in (f"--{key}", str(value))]
        return ("redis-server", *words, "--appendonly", "yes", "--appendfsync", "always")

    def check_answers(self) -> None:
        redis.check_answers(self.url)


@dataclass
class CassandraServer(StoreServer):
    """As its recipe describes it."""

    storage_port: int = field(default_factory=_free_port)

    @property
    def url(self) -> str:
        return f"cassandra://127.0.0.1:{self.port}"

    @property
    def files(self) -> Path:
        return self.folder / "services/cassandra/data"

    def command(self) -> tuple[str, ...]:
        settings = Settings(ports=Ports(cassandra=self.port, cassandra_storage=self.storage_port))
        site = Site(
            stack_folder=self.folder,
            cluster_id="test",
            jars={"cassandra": ensure_jars(pom("cassandra"), settings.cache)},
            class_archives=self.folder,
            java=find_java(),
            python=Path("python"),
            bundle=self.folder,
            catalog="",
        )
        service = RECIPE.describe(settings, site)
        described = {"files": service.files, "folders": service.folders}
        write_files(site.folder("cassandra"), described)
        return service.command

    def check_answers(self) -> None:
        cassandra.check_answers(self.url)


SERVERS: dict[str, type[StoreServer]] = {"redis": RedisServer, "cassandra": CassandraServer}
