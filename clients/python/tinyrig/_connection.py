"""The way to the server: one channel, and a stub per service."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Callable, TypeVar, Union

import grpc

from tinyrig._errors import TinyrigError, raise_error
from tinyrig.v1 import (
    access_pb2_grpc,
    admin_pb2_grpc,
    board_access_pb2_grpc,
    board_pb2_grpc,
    energy_trace_pb2_grpc,
    event_pb2_grpc,
    job_pb2_grpc,
    leaderboard_pb2_grpc,
    model_pb2_grpc,
    run_pb2_grpc,
    system_pb2_grpc,
)

T = TypeVar("T")
StrPath = Union[str, Path]

_LOOPBACK = re.compile(r"(localhost|127(\.\d+){3}|\[::1\])(:|$)|unix:")
_UNARY_TIMEOUT_S = 30.0
_OPTIONS = [
    ("grpc.max_receive_message_length", 256 * 1024 * 1024),  # an export has every sample
    ("grpc.max_reconnect_backoff_ms", 2000),
]


def read_file(path: StrPath) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise TinyrigError("FILE_UNREADABLE", f"cannot read {path}: {error.strerror}", "check the path") from None


def _stub(service: Any, channel: grpc.Channel) -> Any:
    """Generated stubs have no types."""
    return service(channel)


def _channel(
    server: str, token: str | None, ca: StrPath | None, cert: StrPath | None, key: StrPath | None
) -> tuple[grpc.Channel, str]:
    """The channel, and the server's HOST:PORT."""
    if (cert is None) != (key is None):
        raise TinyrigError("TLS_CERT_INCOMPLETE", "a client's certificate needs its key, and the other way round")
    tls = server.startswith("https://") or ca is not None or cert is not None
    server = server[len("https://") :] if server.startswith("https://") else server
    if not tls:
        if token and not _LOOPBACK.match(server):
            raise TinyrigError(
                "TOKEN_WITHOUT_TLS",
                f"the token would go to {server} in the clear",
                "name the server https://HOST:PORT, with ca= when its certificate is your own",
            )
        return grpc.insecure_channel(server, options=_OPTIONS), server
    credentials = grpc.ssl_channel_credentials(
        root_certificates=None if ca is None else read_file(ca),
        private_key=None if key is None else read_file(key),
        certificate_chain=None if cert is None else read_file(cert),
    )
    return grpc.secure_channel(server, credentials, options=_OPTIONS), server


class Connection:
    """Not part of the public interface: Client has one."""

    def __init__(
        self,
        server: str,
        token: str | None,
        ca: StrPath | None,
        cert: StrPath | None,
        key: StrPath | None,
    ) -> None:
        self.channel, self.server = _channel(server, token, ca, cert, key)
        self.token = token
        self._metadata: Sequence[tuple[str, str]] = (("authorization", f"Bearer {token}"),) if token else ()
        self.access = _stub(access_pb2_grpc.AccessServiceStub, self.channel)
        self.admin = _stub(admin_pb2_grpc.AdminServiceStub, self.channel)
        self.board_access = _stub(board_access_pb2_grpc.BoardAccessServiceStub, self.channel)
        self.boards = _stub(board_pb2_grpc.BoardServiceStub, self.channel)
        self.energy = _stub(energy_trace_pb2_grpc.EnergyTraceServiceStub, self.channel)
        self.events = _stub(event_pb2_grpc.EventServiceStub, self.channel)
        self.jobs = _stub(job_pb2_grpc.JobServiceStub, self.channel)
        self.leaderboard = _stub(leaderboard_pb2_grpc.LeaderboardServiceStub, self.channel)
        self.models = _stub(model_pb2_grpc.ModelServiceStub, self.channel)
        self.runs = _stub(run_pb2_grpc.RunServiceStub, self.channel)
        self.system = _stub(system_pb2_grpc.SystemServiceStub, self.channel)

    def call(self, method: Callable[..., Any], request: Any, timeout_s: float = _UNARY_TIMEOUT_S) -> Any:
        """One answer: to a request, or to an iterator of them."""
        try:
            return method(request, timeout=timeout_s, metadata=self._metadata)
        except grpc.RpcError as error:
            raise_error(error, self.server)

    def start(self, method: Callable[..., Any], request: Any, timeout_s: float | None = None) -> Any:
        """A stream of answers, which can be cancelled; read it with `read`."""
        return method(request, timeout=timeout_s, metadata=self._metadata)

    def read(self, stream: Any) -> Iterator[Any]:
        try:
            yield from stream
        except grpc.RpcError as error:
            raise_error(error, self.server)
        finally:
            stream.cancel()  # of one that has ended: nothing

    def wait_until_ready(self, timeout_s: float) -> bool:
        try:
            grpc.channel_ready_future(self.channel).result(timeout=timeout_s)
            return True
        except grpc.FutureTimeoutError:
            return False


def server_of(address: str | None) -> str:
    return address or os.environ.get("TINYRIG_SERVER") or "127.0.0.1:50051"


def token_of(server: str) -> str | None:
    """What the environment has, else what `tinyrig login` keeps for that server."""
    if os.environ.get("TINYRIG_TOKEN"):
        return os.environ["TINYRIG_TOKEN"]
    config = os.environ.get("XDG_CONFIG_HOME") or Path(os.environ.get("HOME", ""), ".config")
    try:
        kept = json.loads(Path(config, "tinyrig", "credentials.json").read_text()).get(server)
    except (OSError, ValueError, AttributeError):
        return None
    return kept if isinstance(kept, str) else None


def caller() -> str:
    """Who sits at this machine, for those who share the farm."""
    return os.environ.get("USER") or "somebody"
