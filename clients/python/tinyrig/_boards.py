"""Boards: how they are, and a person's hands on them."""

from __future__ import annotations

import queue
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Any, Callable

from google.protobuf import duration_pb2

from tinyrig import _words as words
from tinyrig._connection import Connection, StrPath, caller, read_file
from tinyrig._errors import TinyrigError
from tinyrig._table import Column, Table
from tinyrig.v1 import board_access_pb2, board_pb2

_CHUNK_BYTES = 64 * 1024
FlashProgress = Callable[[int, int], None]


def _me() -> str:
    return f"{caller()}@{socket.gethostname()}"


class Console:
    """A board's serial line, both ways and byte for byte; iterating gives what the board says, as it comes.

    It ends when it is closed, or when the hold does (TinyrigError HOLD_ENDED). TIMED_OUT after `timeout_s`.
    """

    def __init__(self, connection: Connection, start: board_access_pb2.OpenConsoleRequest, timeout_s: float | None):
        self._connection = connection
        self._outgoing: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._stream = connection.start(connection.board_access.OpenConsole, self._requests(start), timeout_s)
        self._answers = connection.read(self._stream)
        try:
            opened = next(self._answers).opened
        except BaseException:
            self.close()  # or the thread that sends would wait for ever
            raise
        self.port: str = opened.port
        self.baud_rate: int = opened.baud_rate

    def _requests(self, start: board_access_pb2.OpenConsoleRequest) -> Iterator[board_access_pb2.OpenConsoleRequest]:
        yield start
        while True:
            data = self._outgoing.get()
            if data is None:
                return
            for at in range(0, len(data), _CHUNK_BYTES):
                yield board_access_pb2.OpenConsoleRequest(data=data[at : at + _CHUNK_BYTES])

    def write(self, data: bytes) -> None:
        self._outgoing.put(data)

    def __iter__(self) -> Iterator[bytes]:
        for answer in self._answers:
            yield answer.data

    def read_until(self, end: bytes) -> bytes:
        """What the board says, up to the first `end` and with it, and what came along behind it."""
        data = b""
        for part in self:
            data += part
            if end in data:
                return data
        return data

    def close(self) -> None:
        """The board is free for the next visit when this returns; what it still says is lost."""
        self._outgoing.put(None)
        with suppress(TinyrigError):
            for _ in self._answers:
                pass

    def __enter__(self) -> Console:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Board:
    """One board, as it was when it was read. `message` is tinyrig.v1.Board, `type` its BoardType."""

    def __init__(self, connection: Connection, message: board_pb2.Board, type: board_pb2.BoardType) -> None:
        self._connection = connection
        self.message = message
        self.type = type

    @property
    def id(self) -> str:
        return self.message.id

    @property
    def emulated(self) -> bool:
        return self.message.emulated

    def reserve(self, seconds: int, reason: str = "", token: str = "", owner: str = "") -> str:
        """Keeps it out of the queue for so long, from now; gives the reservation's token. With the token of one, that
        one is renewed. What the board runs ends first: it is free when its activity is "leased"."""
        request = board_pb2.ReserveBoardRequest(
            board_id=self.id,
            owner=owner or _me(),
            reason=reason,
            duration=duration_pb2.Duration(seconds=seconds),
            token=token,
        )
        response = self._connection.call(self._connection.boards.ReserveBoard, request)
        self.message = response.board
        answer: str = response.token
        return answer

    @contextmanager
    def reserved(self, seconds: int, reason: str = "") -> Iterator[str]:
        """A reservation for a `with` block: gives its token, and releases the board at the end."""
        token = self.reserve(seconds, reason)
        try:
            yield token
        finally:
            try:
                self.release(token)
            except TinyrigError as error:
                if error.reason != "BOARD_NOT_HELD":  # its time was over
                    raise

    def drain(self, reason: str = "", owner: str = "") -> Board:
        """Maintenance, until it is released."""
        request = board_pb2.DrainBoardRequest(board_id=self.id, owner=owner or _me(), reason=reason)
        self.message = self._connection.call(self._connection.boards.DrainBoard, request).board
        return self

    def quarantine(self, reason: str = "", seconds: int = 0, owner: str = "") -> Board:
        """Its numbers are not to be trusted; `seconds` 0: until it is released."""
        request = board_pb2.QuarantineBoardRequest(board_id=self.id, owner=owner or _me(), reason=reason)
        if seconds:
            request.duration.FromSeconds(seconds)
        self.message = self._connection.call(self._connection.boards.QuarantineBoard, request).board
        return self

    def release(self, token: str = "", force: bool = False, owner: str = "") -> Board:
        """Ends its reservation (with the token, or by force), maintenance or quarantine."""
        request = board_pb2.ReleaseBoardRequest(board_id=self.id, token=token, force=force, owner=owner or _me())
        self.message = self._connection.call(self._connection.boards.ReleaseBoard, request).board
        return self

    def refresh(self) -> Board:
        request = board_pb2.GetBoardRequest(board_id=self.id)
        response = self._connection.call(self._connection.boards.GetBoard, request)
        self.message, self.type = response.board, response.type
        return self

    def log(self, limit: int = 0) -> Table[board_pb2.BoardLogLine]:
        """What happened to it, oldest first; the newest `limit` lines (0: 200)."""
        request = board_pb2.ListBoardLogRequest(board_id=self.id, limit=limit)
        return Table(self._connection.call(self._connection.boards.ListBoardLog, request).lines, _LOG_COLUMNS)

    def console(self, token: str = "", baud_rate: int = 0, timeout_s: float | None = None) -> Console:
        """Its serial line, for who holds it: the token of the reservation, or none in maintenance and quarantine."""
        start = board_access_pb2.OpenConsoleRequest.Start(access=self._access(token), baud_rate=baud_rate)
        return Console(self._connection, board_access_pb2.OpenConsoleRequest(start=start), timeout_s)

    def flash(
        self, elf: StrPath | None = None, token: str = "", on_progress: FlashProgress | None = None
    ) -> board_access_pb2.FlashBoardResponse.Done:
        """Writes an ELF file's segments, reads them back where the flasher can, resets the board. None: the agent that
        the daemon has for it. `on_progress(done, total)`: each byte counts twice, written and read back."""
        image = b"" if elf is None else read_file(elf)

        def requests() -> Iterator[board_access_pb2.FlashBoardRequest]:
            yield board_access_pb2.FlashBoardRequest(
                start=board_access_pb2.FlashBoardRequest.Start(access=self._access(token))
            )
            for at in range(0, len(image), _CHUNK_BYTES):
                yield board_access_pb2.FlashBoardRequest(chunk=image[at : at + _CHUNK_BYTES])

        done: Any = None
        stream = self._connection.start(self._connection.board_access.FlashBoard, requests())
        for answer in self._connection.read(stream):
            if answer.HasField("done"):
                done = answer.done
            elif on_progress is not None:
                on_progress(answer.progress.done, answer.progress.total)
        if done is None:
            raise TinyrigError("FLASH_BROKEN", f"flashing {self.id} ended without saying how")
        result: board_access_pb2.FlashBoardResponse.Done = done
        return result

    def _access(self, token: str) -> board_access_pb2.BoardAccess:
        return board_access_pb2.BoardAccess(board_id=self.id, token=token, owner=_me())

    def __str__(self) -> str:
        return str(board_table([self.message]))

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return board_table([self.message])._repr_html_()


def board_table(boards: list[board_pb2.Board]) -> Table[board_pb2.Board]:
    """Why a board is not good stands below the table."""
    notes = [
        f"{board.id} is {words.word(board, 'health')}: {board.health_reason}"
        for board in boards
        if board.health != board_pb2.HEALTH_GOOD and board.health_reason
    ]
    return Table(boards, _BOARD_COLUMNS, notes)


def board_type_table(types: list[board_pb2.BoardType]) -> Table[board_pb2.BoardType]:
    return Table(types, _TYPE_COLUMNS)


_BOARD_COLUMNS: list[Column[board_pb2.Board]] = [
    Column("board", lambda board: board.id),
    Column("type", lambda board: board.board_type),
    Column("emulated", lambda board: board.emulated, lambda emulated: "emulated" if emulated else "-"),
    Column("activity", lambda board: words.word(board, "activity")),
    Column("health", lambda board: f"{words.word(board, 'health')} {board.health_code}".strip()),
    Column("runtimes", lambda board: words.runtimes(board.agent)),
    Column("instrument", lambda board: board.instrument),
    Column("labels", lambda board: list(board.labels), ",".join),
    Column("now", lambda board: f"{board.current_run_id} {board.current_step}".strip()),
]

_TYPE_COLUMNS: list[Column[board_pb2.BoardType]] = [
    Column("type", lambda type: type.id),
    Column("core", lambda type: type.core),
    Column("clock_hz", lambda type: type.clock_hz, "{:,}".format, right=True),
    Column("model_ram_bytes", lambda type: type.model_ram_bytes, words.size, right=True),
    Column("model_slot_bytes", lambda type: type.model_slot_bytes, words.size, right=True),
    Column("timing", lambda type: words.tick_unit(type.tick_unit, type.emulated)),
    Column("labels", lambda type: list(type.labels), ",".join),
    Column("name", lambda type: type.display_name),
]

_LOG_COLUMNS: list[Column[board_pb2.BoardLogLine]] = [
    Column("time", lambda line: line.time.ToDatetime(), "{:%Y-%m-%d %H:%M:%S}Z".format),
    Column("level", lambda line: line.level),
    Column("text", lambda line: line.text),
]
