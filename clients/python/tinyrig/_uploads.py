"""A model on its way to the server: resumable, in chunks, with its digest."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

from tinyrig._connection import Connection, StrPath, read_file
from tinyrig._errors import TinyrigError
from tinyrig.v1 import model_pb2

_CHUNK_BYTES = 64 * 1024
_TRIES = 4
_TIMEOUT_S = 300.0


def is_model_file(model: StrPath) -> bool:
    """Whether it names a file (is a Path, has a "/" or ends in .tflite), not a registered model."""
    return isinstance(model, Path) or "/" in model or model.endswith(".tflite")


def model_name_of(path: StrPath) -> str:
    """ "models/kws_small.tflite" is "kws_small"; what a name may not hold becomes "-"."""
    return re.sub(r"[^0-9A-Za-z._-]", "-", Path(path).stem)[:64]


def expected_outputs(path: StrPath) -> list[model_pb2.ExpectedOutput]:
    """Of a golden file (docs/cli.md)."""
    try:
        return [
            model_pb2.ExpectedOutput(
                seed=vector["seed"],
                output_fnv1a32=int(vector["output_fnv1a32"], 16),
                operator_fnv1a32=[int(digits, 16) for digits in vector.get("op_output_fnv1a32", [])],
            )
            for vector in json.loads(read_file(path))["vectors"]
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise TinyrigError(
            "GOLDEN_INVALID", f"{path} is no golden file: {error!r}", "the layout is in docs/cli.md"
        ) from None


def _parts(header: model_pb2.UploadModelRequest.Header, data: bytes) -> Iterator[model_pb2.UploadModelRequest]:
    yield model_pb2.UploadModelRequest(header=header)
    for at in range(header.offset, len(data), _CHUNK_BYTES):
        yield model_pb2.UploadModelRequest(chunk=data[at : at + _CHUNK_BYTES])


def upload_model(connection: Connection, path: StrPath, name: str | None, expected: StrPath | None) -> model_pb2.Model:
    """Goes on with what the server holds, and tries again when the connection breaks."""
    data = read_file(path)
    header = model_pb2.UploadModelRequest.Header(
        name=name or model_name_of(path),
        sha256=hashlib.sha256(data).hexdigest(),
        size_bytes=len(data),
        expected_outputs=expected_outputs(expected) if expected is not None else [],
    )
    attempt = 1
    while True:
        held = connection.call(
            connection.models.GetUploadStatus, model_pb2.GetUploadStatusRequest(sha256=header.sha256)
        )
        header.offset = 0 if held.complete or held.received_bytes > len(data) else held.received_bytes
        try:
            model: model_pb2.Model = connection.call(
                connection.models.UploadModel, _parts(header, data), _TIMEOUT_S
            ).model
            return model
        except TinyrigError as error:
            if error.code not in ("UNAVAILABLE", "ABORTED") or attempt == _TRIES:
                raise
            connection.wait_until_ready(2.0)
            attempt += 1
