"""What a call can end with: the server's reason, in its words."""

from __future__ import annotations

from typing import NoReturn

import grpc

from tinyrig.v1 import common_pb2

_TRAILER = "tinyrig-error-bin"


class TinyrigError(Exception):
    """A call that failed.

    reason:  stable, for programs: "MODEL_UNKNOWN", "SERVER_UNREACHABLE".
    message: what and where.
    hint:    what to do; may be empty.
    code:    gRPC's name of the kind: "NOT_FOUND"; empty for what this client found itself.
    """

    def __init__(self, reason: str, message: str, hint: str = "", code: str = "") -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.hint = hint
        self.code = code

    def __str__(self) -> str:
        return f"{self.message} [{self.reason}]" + (f"\n  hint: {self.hint}" if self.hint else "")


def error_of(error: grpc.RpcError, server: str) -> TinyrigError:
    """The server's own words where it had some."""
    code: str = error.code().name
    for key, value in error.trailing_metadata() or ():
        if key == _TRAILER:
            detail = common_pb2.ErrorDetail.FromString(value)
            return TinyrigError(detail.reason, detail.message, detail.hint, code)
    if code == "UNAVAILABLE":
        return TinyrigError(
            "SERVER_UNREACHABLE",
            f"cannot reach tinyrigd at {server} ({error.details()})",
            'start tinyrigd (./rig demo), or name its address: tinyrig.connect("HOST:PORT") or TINYRIG_SERVER',
            code,
        )
    if code == "DEADLINE_EXCEEDED":
        return TinyrigError("TIMED_OUT", f"the server at {server} has not answered in time", code=code)
    return TinyrigError("SERVER_FAILED", f"the server at {server} answered: {error.details()}", code=code)


def raise_error(error: grpc.RpcError, server: str) -> NoReturn:
    raise error_of(error, server) from None
