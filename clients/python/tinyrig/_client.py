"""The client: what the command line does, from Python."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import TracebackType
from typing import Any, Callable, NamedTuple

from google.protobuf import json_format

from tinyrig import _words as words
from tinyrig._boards import Board, board_table, board_type_table
from tinyrig._connection import Connection, StrPath, caller, server_of, token_of
from tinyrig._errors import TinyrigError
from tinyrig._jobs import Job, job_table, list_runs
from tinyrig._runs import Run, run_table
from tinyrig._table import Column, Table
from tinyrig._uploads import is_model_file, upload_model
from tinyrig.v1 import (
    access_pb2,
    admin_pb2,
    board_pb2,
    common_pb2,
    event_pb2,
    gate_pb2,
    job_pb2,
    leaderboard_pb2,
    model_pb2,
    role_pb2,
    run_pb2,
    system_pb2,
)

_MEASUREMENTS = {
    "latency": common_pb2.MEASUREMENT_LATENCY,
    "profile": common_pb2.MEASUREMENT_PROFILE,
    "memory": common_pb2.MEASUREMENT_MEMORY,
    "energy": common_pb2.MEASUREMENT_ENERGY,
    "accuracy": common_pb2.MEASUREMENT_ACCURACY,
}
_PRIORITIES = {
    "low": job_pb2.PRIORITY_LOW,
    "normal": job_pb2.PRIORITY_NORMAL,
    "high": job_pb2.PRIORITY_HIGH,
}
_GATE_ANSWERED = (0, 1, 3, 4)  # exit codes behind which a report may stand


_ROLES = {
    "viewer": role_pb2.ROLE_VIEWER,
    "submitter": role_pb2.ROLE_SUBMITTER,
    "operator": role_pb2.ROLE_OPERATOR,
    "admin": role_pb2.ROLE_ADMIN,
}


class Ranked(NamedTuple):
    """A row of the leaderboard, and the rows that it may be compared with."""

    group: leaderboard_pb2.LeaderboardGroup
    entry: leaderboard_pb2.LeaderboardEntry


class Client:
    """One server. Made by `connect`; safe to use from several threads. Every method may raise TinyrigError."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @property
    def server(self) -> str:
        return self._connection.server

    def close(self) -> None:
        self._connection.channel.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def version(self) -> system_pb2.GetVersionResponse:
        response: system_pb2.GetVersionResponse = self._connection.call(
            self._connection.system.GetVersion, system_pb2.GetVersionRequest()
        )
        return response

    # Boards

    def boards(self, selector: str = "") -> Table[board_pb2.Board]:
        """The farm's boards; of a name, a type or "label:NAME" those."""
        request = board_pb2.ListBoardsRequest(selector=selector)
        return board_table(self._connection.call(self._connection.boards.ListBoards, request).boards)

    def board(self, board_id: str) -> Board:
        """One board, to look at, to hold, to flash, to talk to."""
        request = board_pb2.GetBoardRequest(board_id=board_id)
        response = self._connection.call(self._connection.boards.GetBoard, request)
        return Board(self._connection, response.board, response.type)

    def board_types(self) -> Table[board_pb2.BoardType]:
        request = board_pb2.ListBoardTypesRequest()
        return board_type_table(self._connection.call(self._connection.boards.ListBoardTypes, request).board_types)

    # Models

    def upload(self, path: StrPath, name: str | None = None, expected: StrPath | None = None) -> model_pb2.Model:
        """Registers a .tflite file, under its own name unless `name` is given. `expected`: a golden file, with which
        every run is verified. An interrupted upload goes on where it stopped."""
        return upload_model(self._connection, path, name, expected)

    def models(self) -> Table[model_pb2.Model]:
        request = model_pb2.ListModelsRequest()
        return Table(self._connection.call(self._connection.models.ListModels, request).models, _MODEL_COLUMNS)

    def model(self, name: str) -> model_pb2.Model:
        """By its name, or at least 8 digits of its digest; with its operators."""
        request = model_pb2.GetModelRequest(model=name)
        model: model_pb2.Model = self._connection.call(self._connection.models.GetModel, request).model
        return model

    def inspect(self, model: str, board_types: Sequence[str] = ()) -> Table[model_pb2.Inspection]:
        """What a registered model will take on types of boards (none: all); no board is needed."""
        request = model_pb2.InspectModelRequest(model=model, board_types=board_types)
        response = self._connection.call(self._connection.models.InspectModel, request)
        return Table(response.inspections, _INSPECTION_COLUMNS)

    # Jobs and runs

    def submit(
        self,
        models: StrPath | Sequence[StrPath],
        boards: str | Sequence[str],
        *,
        measure: Sequence[str] = (),
        runtimes: Sequence[str] = (),
        sessions: int = 0,
        iterations: int = 0,
        warmup: int = 0,
        seed: int = 0,
        energy_windows: int = 0,
        energy_window_ms: int = 0,
        skip_unfit: bool = False,
        owner: str = "",
        priority: str = "normal",
        start_within: timedelta | None = None,
        key: str = "",
        annotations: Mapping[str, str] | None = None,
    ) -> Job:
        """Queues models × boards × runtimes.

        models:  names, digests, or .tflite files, which are uploaded first.
        boards:  a board's name, a board type, "label:NAME", or "all".
        measure: of "latency", "profile", "memory" (these three unless told), "energy".
        key:     an idempotency key: the same key with the same job gives the same job again.
        Numbers that are 0 are the server's defaults: 3 sessions of 10 iterations after 1 warm-up, seed 1.
        """
        models = [models] if isinstance(models, (str, Path)) else models
        boards = [boards] if isinstance(boards, str) else boards
        names = [self.upload(model).name if is_model_file(model) else str(model) for model in models]
        spec = job_pb2.JobSpec(
            models=names,
            boards=boards,
            runtimes=runtimes,
            measurements=[_choice(_MEASUREMENTS, "measurement", name) for name in measure],
            settings=job_pb2.RunSettings(
                sessions=sessions,
                iterations=iterations,
                warmup=warmup,
                input_seed=seed,
                energy_windows=energy_windows,
                energy_window_ms=energy_window_ms,
            ),
            fit_policy=job_pb2.FIT_POLICY_SKIP if skip_unfit else job_pb2.FIT_POLICY_FAIL,
            annotations=dict(annotations or {}),
            owner=owner or caller(),
            priority=_choice(_PRIORITIES, "priority", priority),
            start_within_s=int(start_within.total_seconds()) if start_within else 0,
        )
        request = job_pb2.SubmitJobRequest(spec=spec, idempotency_key=key)
        return Job(self._connection, self._connection.call(self._connection.jobs.SubmitJob, request).job)

    def job(self, job_id: str) -> Job:
        request = job_pb2.GetJobRequest(job_id=job_id)
        return Job(self._connection, self._connection.call(self._connection.jobs.GetJob, request).job)

    def jobs(self, limit: int = 50) -> Table[Job]:
        """Newest first, without their runs; at most 500."""
        request = job_pb2.ListJobsRequest(page_size=limit)
        jobs = self._connection.call(self._connection.jobs.ListJobs, request).jobs
        return job_table([Job(self._connection, job) for job in jobs])

    def run(self, run_id: str) -> Run:
        request = run_pb2.GetRunRequest(run_id=run_id)
        return Run(self._connection, self._connection.call(self._connection.runs.GetRun, request).run)

    def runs(self, *, model: str = "", board_type: str = "", limit: int = 50) -> Table[Run]:
        """Newest first."""
        request = run_pb2.ListRunsRequest(model=model, board_type=board_type)
        return run_table(list_runs(self._connection, request, limit))

    def leaderboard(
        self, *, model: str = "", board_type: str = "", runtime: str = "", limit: int = 100
    ) -> Table[Ranked]:
        """The best valid results. A rank holds within its group: emulated boards and silicon are never in one."""
        request = leaderboard_pb2.QueryLeaderboardRequest(
            model=model, board_type=board_type, runtime=runtime, page_size=limit
        )
        groups = self._connection.call(self._connection.leaderboard.QueryLeaderboard, request).groups
        return Table([Ranked(group, entry) for group in groups for entry in group.entries], _LEADERBOARD_COLUMNS)

    def events(self, after_sequence: int = 0) -> Iterator[event_pb2.Event]:
        """What happens, as it happens, without end. A `resync` event says that some were lost."""
        request = event_pb2.SubscribeEventsRequest(after_sequence=after_sequence)
        stream = self._connection.start(self._connection.events.SubscribeEvents, request)
        for response in self._connection.read(stream):
            yield response.event

    def gate(self, arguments: Sequence[str], program: str = "tinyrig") -> gate_pb2.GateReport:
        """`tinyrig gate ARGUMENTS`, and its report. The program decides, not this package: it must be installed, on PATH
        or as `program`. The verdict is in the report; TinyrigError when there is none."""
        path = shutil.which(program)
        if path is None:
            raise TinyrigError("PROGRAM_MISSING", f"{program} is not installed", "the Debian package is tinyrig-cli")
        environment = dict(os.environ)
        if self._connection.token:
            environment["TINYRIG_TOKEN"] = self._connection.token
        ended = subprocess.run(
            [path, "gate", *arguments, "--server", self.server, "--json"],
            env=environment,
            capture_output=True,
            text=True,
        )
        if ended.returncode not in _GATE_ANSWERED or not ended.stdout:
            raise TinyrigError("GATE_FAILED", ended.stderr.strip() or f"{program} ended with {ended.returncode}")
        report = gate_pb2.GateReport()
        json_format.Parse(ended.stdout, report)
        return report

    # Who may do what, where the daemon asks for tokens

    def whoami(self) -> access_pb2.GetCallerResponse:
        """Whom the daemon takes this client for, and what is left of its quotas."""
        response: access_pb2.GetCallerResponse = self._connection.call(
            self._connection.access.GetCaller, access_pb2.GetCallerRequest()
        )
        return response

    def create_token(
        self, user: str, role: str, *, name: str = "", expires: timedelta | None = None
    ) -> access_pb2.CreateTokenResponse:
        """`role`: "viewer", "submitter", "operator" or "admin". The answer's `secret` is told this once."""
        request = access_pb2.CreateTokenRequest(user=user, name=name, role=_choice(_ROLES, "role", role))
        if expires is not None:
            request.expire_time.FromDatetime(datetime.now(timezone.utc) + expires)
        response: access_pb2.CreateTokenResponse = self._connection.call(self._connection.access.CreateToken, request)
        return response

    def tokens(self) -> Table[access_pb2.Token]:
        request = access_pb2.ListTokensRequest()
        return Table(self._connection.call(self._connection.access.ListTokens, request).tokens, _TOKEN_COLUMNS)

    def revoke_token(self, token_id: str) -> access_pb2.Token:
        request = access_pb2.RevokeTokenRequest(id=token_id)
        token: access_pb2.Token = self._connection.call(self._connection.access.RevokeToken, request).token
        return token

    def audit(self, subject: str = "", limit: int = 0) -> Table[access_pb2.AuditLine]:
        """Who did what, newest first; of a board, job, model or token alone. `limit` 0: 100."""
        request = access_pb2.ListAuditLogRequest(subject=subject, limit=limit)
        return Table(self._connection.call(self._connection.access.ListAuditLog, request).lines, _AUDIT_COLUMNS)

    # The daemon's disk

    def storage(self) -> Table[admin_pb2.StoredKind]:
        """What fills the disk, and how long it is kept."""
        response = self._connection.call(self._connection.admin.GetStorage, admin_pb2.GetStorageRequest())
        notes = [
            f"database {words.size(response.database_bytes)}, of it free {words.size(response.reusable_bytes)}; "
            f"disk {words.size(response.disk_free_bytes)} free of {words.size(response.disk_total_bytes)}"
        ]
        if response.results_waiting:
            notes.append(f"DISK FULL: {response.results_waiting} results wait for room; boards get no work")
        return Table(response.kinds, _STORAGE_COLUMNS, notes)

    def backup(self, folder: StrPath, on_progress: Callable[[str, int, int], None] | None = None) -> admin_pb2.Backup:
        """A copy of all that is stored, taken while the daemon works, as `tinyrig admin backup` makes it: for `tinyrig
        admin verify` and `restore`. The folder is made, whole or not at all. `on_progress(what, done, total)`."""
        folder = Path(folder)
        if folder.exists():
            raise TinyrigError("FOLDER_EXISTS", f"{folder} is there already", "name one that is not")
        with tempfile.TemporaryDirectory(prefix=f"{folder.name}.", dir=folder.parent) as temporary:
            partial = Path(temporary) / "backup"
            partial.mkdir()
            backup = self._receive_backup(partial / "tinyrig.db", on_progress)
            (partial / "backup.json").write_text(json_format.MessageToJson(backup) + "\n")
            partial.rename(folder)
        return backup

    def _receive_backup(self, path: Path, on_progress: Callable[[str, int, int], None] | None) -> admin_pb2.Backup:
        backup = admin_pb2.Backup()
        digest = hashlib.sha256()
        received = 0
        stream = self._connection.start(self._connection.admin.ExportBackup, admin_pb2.ExportBackupRequest())
        with path.open("wb") as file:
            for part in self._connection.read(stream):
                if part.HasField("backup"):
                    backup = part.backup
                elif part.HasField("progress"):
                    if on_progress is not None:
                        on_progress("taking the copy", part.progress.done_bytes, part.progress.total_bytes)
                else:
                    file.write(part.data)
                    digest.update(part.data)
                    received += len(part.data)
                    if on_progress is not None:
                        on_progress("receiving", received, backup.size_bytes)
        if not backup.sha256 or digest.hexdigest() != backup.sha256:
            raise TinyrigError("BACKUP_BROKEN", "the backup did not come as it was taken", "try again")
        return backup


def _choice(known: dict[str, Any], what: str, name: str) -> Any:
    if name not in known:
        raise ValueError(f'"{name}" is no {what}: {", ".join(known)}')
    return known[name]


def connect(
    address: str | None = None,
    *,
    token: str | None = None,
    ca: StrPath | None = None,
    cert: StrPath | None = None,
    key: StrPath | None = None,
) -> Client:
    """A client of the server at "HOST:PORT" (else TINYRIG_SERVER, else 127.0.0.1:50051). Nothing is connected yet.

    token:     sent with every call (else TINYRIG_TOKEN, else what `tinyrig login` keeps for the server, else none).
    ca:        PEM file of who signed the server's certificate; it turns TLS on, as "https://HOST:PORT" does.
    cert, key: PEM files of a client's own certificate.
    """
    server = server_of(address)
    return Client(Connection(server, token or token_of(server), ca, cert, key))


_TOKEN_COLUMNS: list[Column[access_pb2.Token]] = [
    Column("id", lambda token: token.id),
    Column("user", lambda token: token.user),
    Column("name", lambda token: token.name),
    Column("role", lambda token: words.word(token, "role")),
    Column("expires", lambda token: words.time(token.expire_time)),
    Column("revoked", lambda token: words.time(token.revoke_time)),
    Column("last use", lambda token: words.time(token.last_use_time)),
]

_AUDIT_COLUMNS: list[Column[access_pb2.AuditLine]] = [
    Column("time", lambda line: words.time(line.time)),
    Column("user", lambda line: line.user),
    Column("method", lambda line: line.method),
    Column("subject", lambda line: line.subject),
    Column("result", lambda line: line.result),
]


_MODEL_COLUMNS: list[Column[model_pb2.Model]] = [
    Column("model", lambda model: model.name),
    Column("sha256", lambda model: model.sha256, lambda digest: str(digest)[:12]),
    Column("size_bytes", lambda model: model.size_bytes, words.size, right=True),
    Column("macs", lambda model: model.macs, "{:,}".format, right=True),
    Column("arena_lower_bound_bytes", lambda model: model.arena_lower_bound_bytes, words.size, right=True),
    Column("expected", lambda model: len(model.expected_outputs), right=True),
]

_INSPECTION_COLUMNS: list[Column[model_pb2.Inspection]] = [
    Column("type", lambda one: one.board_type.id),
    Column("fits", lambda one: one.fits, lambda fits: "yes" if fits else "no"),
    Column("placement", lambda one: one.placement),
    Column("packed_core", lambda one: one.packed_core),
    Column("arena_bytes", lambda one: one.arena_bytes, words.size, right=True),
    Column("packed_model_bytes", lambda one: one.packed_model_bytes, words.size, right=True),
    Column("reason", lambda one: one.reason),
    Column("message", lambda one: one.message),
]

_LEADERBOARD_COLUMNS: list[Column[Ranked]] = [
    Column("model", lambda row: row.entry.model_name),
    Column("rank", lambda row: row.entry.rank, right=True),
    Column("type", lambda row: row.entry.board_type),
    Column("core", lambda row: row.entry.core),
    Column("runtime", lambda row: row.entry.runtime),
    Column("median", lambda row: row.entry.latency_median_ticks, words.ticks, right=True),
    Column(
        "95 % interval",
        lambda row: words.bounds(row.entry.latency_interval_ticks),
        words.interval,
        missing="unknown",
    ),
    Column("unit", lambda row: words.tick_unit(row.group.tick_unit, row.group.emulated)),
    Column("n×sessions", lambda row: words.samples(row.entry.sample_count, row.entry.sessions)),
    Column("emulated", lambda row: row.group.emulated, lambda emulated: "emulated" if emulated else "-"),
    Column("verified", lambda row: row.entry.verified, lambda verified: "yes" if verified else "no"),
    Column("run", lambda row: row.entry.run_id),
]

_STORAGE_COLUMNS: list[Column[admin_pb2.StoredKind]] = [
    Column("kind", lambda kind: words.word(kind, "kind")),
    Column("count", lambda kind: kind.count, "{:,}".format, right=True),
    Column("size_bytes", lambda kind: kind.size_bytes, words.size, right=True),
    Column("quota_bytes", lambda kind: kind.quota_bytes or None, words.size, right=True),
    Column("keep_s", lambda kind: kind.keep_s or None, "{:,}".format, right=True),
    Column("removed_count", lambda kind: kind.removed_count, "{:,}".format, right=True),
]
