"""A job of Spark that runs once in the place of the stream: with its memory, its jars and its lock.

It is the service `stream` with another command, so every runtime can run it, its log is where one looks for
it, and it cannot run beside the stream. The next `stream start` describes the service as it was.
"""

from collections.abc import Mapping
from dataclasses import replace

from pipectl.runtimes.base import PlannedStep
from pipectl.runtimes.bringup import open_runtime, plan
from pipectl.runtimes.stack import exclusive
from pipectl.runtimes.streaming import STREAM, await_end
from pipectl.services.stream import JOB_FILE
from pipectl.settings import Settings


def run_once(settings: Settings, module: str, files: Mapping[str, str], *, timeout_seconds: float) -> None:
    """Stop the stream, run `python -m MODULE JOB_FILE FILE...`, and block until it is done.

    `files` are written beside the job file. Raises ServiceFailed, with the end of the log, if the job fails.
    """
    with exclusive(settings.stack_folder):
        runtime = open_runtime(settings)
        runtime.stop((STREAM,))
        (step,) = plan(settings, (STREAM,))
        python, _, _, job_file = step.service.command
        folder = job_file.removesuffix(JOB_FILE)
        service = replace(
            step.service,
            command=(python, "-m", module, job_file, *(f"{folder}{name}" for name in files)),
            files={**step.service.files, **files},
        )
        runtime.execute([PlannedStep(service=service, action="start", reason="runs once")])
        await_end(runtime, timeout_seconds=timeout_seconds, what=module)
