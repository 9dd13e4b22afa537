"""Jobs: what was submitted, followed to its end."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Callable, Union

import grpc

from tinyrig import _words as words
from tinyrig._connection import Connection
from tinyrig._errors import error_of
from tinyrig._runs import Run, run_table
from tinyrig._table import Column, Table
from tinyrig.v1 import job_pb2, run_pb2

Progress = Union[job_pb2.Job, job_pb2.RunSummary, job_pb2.LogLine]

# How long a daemon may be away before we give up on it; the job itself goes on.
_PATIENCE_S = 60.0


class Job:
    """One job. `message` (tinyrig.v1.Job) is as it was when it was last read or watched."""

    def __init__(self, connection: Connection, message: job_pb2.Job) -> None:
        self._connection = connection
        self.message = message

    @property
    def id(self) -> str:
        return self.message.job_id

    @property
    def finished(self) -> bool:
        return self.message.state == job_pb2.RUN_STATE_FINISHED

    @property
    def outcome(self) -> str:
        """ "succeeded" if every run did, else the worst of them; "-" while it has not ended."""
        return words.word(self.message, "outcome")

    @property
    def succeeded(self) -> bool:
        return self.message.outcome == job_pb2.OUTCOME_SUCCEEDED

    @property
    def skipped(self) -> list[job_pb2.SkippedCell]:
        """What `skip_unfit` left out, and why."""
        return list(self.message.skipped_cells)

    def watch(self, timeout_s: float | None = None) -> Iterator[Progress]:
        """What happens to the job, until it has finished: the job, then its runs' steps and its log as they come.

        Lost connections and restarts of the daemon are waited out for a minute. To stop early costs the job nothing.
        TimeoutError after `timeout_s`.
        """
        end = None if timeout_s is None else time.monotonic() + timeout_s
        lost_at: float | None = None
        while True:
            left = None if end is None else max(0.0, end - time.monotonic())
            request = job_pb2.WatchJobRequest(job_id=self.id)
            stream = self._connection.start(self._connection.jobs.WatchJob, request, timeout_s=left)
            try:
                for part in stream:
                    lost_at = None
                    event = getattr(part, part.WhichOneof("event"))
                    if isinstance(event, job_pb2.Job):
                        self.message = event
                    yield event
                if self.finished:
                    return
            except grpc.RpcError as error:
                if error.code() == grpc.StatusCode.DEADLINE_EXCEEDED and end is not None:
                    raise TimeoutError(f"job {self.id} has not finished after {timeout_s} s; it goes on") from None
                lost = error.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)
                lost_at = lost_at or time.monotonic()
                if not lost or not self._connection.wait_until_ready(_PATIENCE_S - (time.monotonic() - lost_at)):
                    raise error_of(error, self._connection.server) from None
            finally:
                stream.cancel()

    def wait(self, timeout_s: float | None = None, on_progress: Callable[[Progress], None] | None = None) -> Job:
        """Until it has finished; gives the job itself. Whether it succeeded: `outcome`."""
        for event in self.watch(timeout_s):
            if on_progress is not None:
                on_progress(event)
        return self

    def refresh(self) -> Job:
        response = self._connection.call(self._connection.jobs.GetJob, job_pb2.GetJobRequest(job_id=self.id))
        self.message = response.job
        return self

    def cancel(self) -> Job:
        response = self._connection.call(self._connection.jobs.CancelJob, job_pb2.CancelJobRequest(job_id=self.id))
        self.message = response.job
        return self

    def logs(self) -> Table[job_pb2.LogLine]:
        request = job_pb2.GetJobLogsRequest(job_id=self.id)
        return Table(self._connection.call(self._connection.jobs.GetJobLogs, request).lines, _LOG_COLUMNS)

    def runs(self) -> Table[Run]:
        """The table of results, as they are now: runs that wait are in it."""
        table = run_table(reversed(list(list_runs(self._connection, run_pb2.ListRunsRequest(job_id=self.id)))))
        table.notes += [
            f"{cell.model_name} on {cell.board_type} skipped: {cell.message or cell.reason}" for cell in self.skipped
        ]
        return table

    def __str__(self) -> str:
        state = self.outcome if self.finished else words.word(self.message, "state")
        return f"job {self.id}: {state}, {len(self.message.runs)} runs, {len(self.skipped)} skipped"

    def __repr__(self) -> str:
        return str(self)


def list_runs(connection: Connection, request: run_pb2.ListRunsRequest, limit: int | None = None) -> Iterator[Run]:
    """Newest first, page by page."""
    count = 0
    while True:
        request.page_size = 200 if limit is None else min(200, limit - count)
        response = connection.call(connection.runs.ListRuns, request)
        for message in response.runs:
            yield Run(connection, message)
        count += len(response.runs)
        request.page_token = response.next_page_token
        if not request.page_token or (limit is not None and count >= limit):
            return


def job_table(jobs: list[Job]) -> Table[Job]:
    return Table(jobs, _JOB_COLUMNS)


_JOB_COLUMNS: list[Column[Job]] = [
    Column("job", lambda job: job.id),
    Column("owner", lambda job: job.message.spec.owner),
    Column("state", lambda job: job.outcome if job.finished else words.word(job.message, "state")),
    Column("models", lambda job: list(job.message.spec.models), ", ".join),
    Column("boards", lambda job: list(job.message.spec.boards), ", ".join),
    Column("submitted", lambda job: job.message.create_time.ToDatetime(), "{:%Y-%m-%d %H:%M:%S}Z".format),
]

_LOG_COLUMNS: list[Column[job_pb2.LogLine]] = [
    Column("time", lambda line: line.time.ToDatetime(), "{:%Y-%m-%d %H:%M:%S}Z".format),
    Column("level", lambda line: line.level),
    Column("board", lambda line: line.board_id),
    Column("run", lambda line: line.run_id),
    Column("text", lambda line: line.text),
]
