"""What is said where the daemon refuses, or does not answer: by its own words, and what to do about them."""

from collections.abc import Sequence

from pipectl.errors import NotRunning, OperationFailed, PipectlError, PortTaken, ToolMissing
from pipectl.runtimes.image import BASE_IMAGE

_EVIDENCE_LINES = 12
_LOCAL_INSTEAD = "or use local processes: pipectl up --runtime local"
_PORT_TAKEN = ("port is already allocated", "bind: address already in use")
_FREE_SPACE = "Free some disk space (docker system df), then run the same command again."
# What a refusal has in it, and what to do then; of a full disk the kernel's words, and those of apt.
_REMEDIES = {
    "no space left": _FREE_SPACE,
    "enough free space": _FREE_SPACE,
    "active endpoints": "End what is in that network (docker network inspect names it), then: pipectl down",
    "address pool": f"Remove networks that nobody needs (docker network prune), {_LOCAL_INSTEAD}",
}


def refused(reason: str) -> PipectlError:
    """Return the failure for an order that the daemon did not carry out."""
    if any(words in reason for words in _PORT_TAKEN):
        return PortTaken(
            "A port of the stack is taken.",
            evidence=reason,
            do_next="End that program, or set another port: see `pipectl config show`, section ports.",
        )
    return OperationFailed(
        "Docker refused.", evidence=reason, do_next=_remedy(reason) or "Run: pipectl doctor"
    )


def no_daemon(error: Exception) -> PipectlError:
    """Return the failure for a daemon that cannot be asked."""
    reason = str(error)
    if "Permission" in reason:
        return ToolMissing(
            "You may not talk to the Docker daemon.",
            evidence=reason,
            do_next=f"Run: sudo usermod -aG docker $USER   and log in again; {_LOCAL_INSTEAD}",
        )
    return NotRunning(
        "No Docker daemon answers.",
        evidence=reason,
        do_next=f"Start Docker (sudo systemctl start docker), {_LOCAL_INSTEAD}",
    )


def build_failed(seen: Sequence[str]) -> OperationFailed:
    """Return the failure of a build with these lines of output."""
    text = "\n".join(seen[-_EVIDENCE_LINES:])
    if seen and not any(line.startswith("Step 2") for line in seen):
        return no_base_image(text)
    return OperationFailed(
        "The image could not be built.",
        evidence=text,
        do_next=_remedy(text) or f"Check the network, then run the same command again, {_LOCAL_INSTEAD}",
    )


def no_base_image(evidence: str) -> OperationFailed:
    """Return the failure for a base image that is neither here nor at a registry that answers."""
    return OperationFailed(
        f"The base image {BASE_IMAGE} is not to be had.",
        evidence=evidence,
        do_next=f"Check the network and Docker's proxy, or: docker pull {BASE_IMAGE}; {_LOCAL_INSTEAD}",
    )


def _remedy(text: str) -> str:
    return next((what for words, what in _REMEDIES.items() if words in text.lower()), "")
