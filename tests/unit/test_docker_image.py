"""The image is built once, whoever asks for it at the same time."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pipectl.runtimes.docker import DockerRuntime
from pipectl.runtimes.image import ImageContent
from pipectl.settings import load_settings


class _Engine:
    """A daemon without the image; it answers the first question of two askers only when both have asked."""

    def __init__(self) -> None:
        self.built: list[str] = []
        self._both_asked = threading.Barrier(2, timeout=10)
        self._has_asked = threading.local()

    def daemon(self) -> None:
        pass

    def has_image(self, name: str) -> bool:
        has_it = name in self.built
        if not getattr(self._has_asked, "once", False):
            self._has_asked.once = True
            self._both_asked.wait()
        return has_it

    def build(self, content: ImageContent) -> Iterator[str]:
        yield "Step 1/1"
        self.built.append(content.name)


def test_two_at_once_build_it_once(tmp_path: Path) -> None:
    engine = _Engine()
    settings = load_settings(flags={"home": tmp_path, "cache": tmp_path / "cache"}).settings

    def prepare(_number: int) -> list[str]:
        runtime = DockerRuntime(settings, engine)  # type: ignore[arg-type] # what `prepare` needs of it
        return list(runtime.prepare(["kafka"]))

    with ThreadPoolExecutor(max_workers=2) as pool:
        steps = sorted(pool.map(prepare, range(2)), key=len)
    assert len(engine.built) == 1
    assert steps == [[], [f"Building the image {engine.built[0]}, once", "Step 1/1"]]
