"""The addresses of a stack's containers: each service has one of its own, and comes back under it.

A daemon gives a container any address that is free, and after a restart often another one. Not every client
asks for a name again: Hadoop's, in Presto, keeps the first address of the NameNode for as long as it lives.

The lower half of the subnet is for the services; whoever else joins the network gets an address of the
upper half, so nobody takes the place of a container that is away.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import Self

from pipectl.errors import OperationFailed
from pipectl.services.registry import RECIPES

_GATEWAY = 1
_FIRST = 2
_WRITTEN_DOWN = IPv4Network("10.0.0.0/8")
"""Where a compose file has its subnet: daemons themselves choose others."""


@dataclass(frozen=True)
class Subnet:
    """The part of the address space that is one stack's."""

    network: IPv4Network

    @classmethod
    def of(cls, text: str) -> Self:
        """Return a subnet by its CIDR notation; raises OperationFailed if the services have no room in it."""
        network = IPv4Network(text)
        if network.num_addresses // 2 < _FIRST + len(RECIPES):
            raise OperationFailed(
                "The networks that the Docker daemon makes are too small for a stack.",
                evidence=f"It chose {network}, and only half of that is for the {len(RECIPES)} services.",
                do_next="In its daemon.json, default-address-pools, set a size (prefix length) of 24.",
            )
        return cls(network)

    @classmethod
    def named(cls, project: str) -> Self:
        """Return the subnet, of 256 addresses, that goes with a name where no daemon can be asked."""
        number = int.from_bytes(hashlib.sha256(project.encode()).digest()[:2])
        return cls(IPv4Network((int(_WRITTEN_DOWN[number << 8]), 24)))

    @property
    def gateway(self) -> IPv4Address:
        """The address of the host in this network."""
        return self.network[_GATEWAY]

    @property
    def for_others(self) -> IPv4Network:
        """Where the daemon takes the addresses of containers that are told none."""
        return tuple(self.network.subnets())[1]

    @property
    def services(self) -> Mapping[str, IPv4Address]:
        """The address of each service."""
        return {name: self.network[number] for number, name in enumerate(RECIPES, start=_FIRST)}
