"""Connections to the public internet only: a spec must not have its reader's machine ask machines around it.

The address is looked at when a connection is made, whatever name or redirect led there.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import urllib.parse
import urllib.request
from typing import Any

from getdsl.trust import config_path, private_hosts
from getdsl.weights.errors import CheckpointError


class PublicHTTPHandler(urllib.request.HTTPHandler):
    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_HTTPConnection, req)


class PublicHTTPSHandler(urllib.request.HTTPSHandler):
    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_HTTPSConnection, req)


class _Public:
    """Connects where `connect_public` does; TLS still proves the host by its name."""

    _create_connection: Any

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._create_connection = connect_public


class _HTTPConnection(_Public, http.client.HTTPConnection): ...


class _HTTPSConnection(_Public, http.client.HTTPSConnection): ...


def connect_public(place: tuple[str, int], *arguments: Any) -> socket.socket:
    """A connection to a host, none of whose addresses is private. Raises CheckpointError, and OSError."""
    host, port = place
    if _is_allowed(host):
        return socket.create_connection(place, *arguments)
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(item[4][0]) for item in found]
    if not all(map(is_public, addresses)):
        raise CheckpointError(
            f"`{host}` is an address on this machine or its network, from which nothing is fetched",
            f"name a public address, or list the host in `private_hosts` of {config_path()}",
        )
    return socket.create_connection((addresses[0], port), *arguments)  # and not by the name: it may move


def is_public(address: str) -> bool:
    """Whether an address is one of the internet at large, also where it is an IPv4 one within IPv6."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    inner = (getattr(found, name, None) for name in ("ipv4_mapped", "sixtofour"))
    return all(each.is_global and not each.is_multicast for each in (found, *filter(None, inner)))


def _is_allowed(host: str) -> bool:
    """Whether the user lists a host, or it is the proxy that the user's environment names."""
    proxies = (urllib.parse.urlsplit(address).hostname for address in urllib.request.getproxies().values())
    return host.lower() in {*private_hosts(), *filter(None, proxies)}
