"""Which runtime a stack has: the one that it was made with; a new one is in Docker where that is at hand."""

from dataclasses import dataclass
from typing import Literal

from pipectl.errors import PipectlError, UsageFault
from pipectl.runtimes.image import image_content
from pipectl.runtimes.stack import Stack
from pipectl.settings import Settings

RuntimeName = Literal["local", "docker"]
WHAT_IT_IS = {"local": "processes of this machine", "docker": "containers"}

_PATIENCE_SECONDS = 10
"""For a daemon, and for the registry that it asks: until then `up` says nothing."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """The runtime of a stack, and why it is that one."""

    runtime: RuntimeName
    reason: str

    def __str__(self) -> str:
        return f"runtime {self.runtime} ({WHAT_IT_IS[self.runtime]}): {self.reason}"


def choose_runtime(settings: Settings) -> Choice:
    """Return the runtime of a stack, asking for a Docker daemon only where nothing else decides.

    Raises UsageFault if the settings ask for another one than the stack was made with.
    """
    stack = Stack.load(settings.stack_folder)
    if stack is not None:
        _check_same(stack, settings)
        return Choice(runtime=stack.runtime, reason="the stack was made with it")
    if settings.runtime == "auto":
        return _look_for_docker()
    return Choice(runtime=settings.runtime, reason="as set")


def _look_for_docker() -> Choice:
    """Take Docker only if its daemon answers and the image is there, or can be made of what can be had."""
    from pipectl.runtimes.docker_engine import DockerEngine  # noqa: PLC0415 - a local stack does without

    try:
        with DockerEngine(_PATIENCE_SECONDS) as engine:
            version = engine.daemon().version
            engine.check_image(image_content().name)
    except PipectlError as error:
        return Choice(runtime="local", reason=error.what.rstrip("."))
    return Choice(runtime="docker", reason=f"a daemon answers, version {version}")


def _check_same(stack: Stack, settings: Settings) -> None:
    if settings.runtime not in ("auto", stack.runtime):
        raise UsageFault(
            f"This stack was made with runtime {stack.runtime} and cannot become {settings.runtime}.",
            evidence=f"its data are there ({stack.folder})",
            do_next=f"Say --runtime {stack.runtime}, or name another stack: --stack NAME",
        )
