"""What the Python client says is what `tinyrig --json` says, of the same daemon."""

import contextlib
import hashlib
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import unittest
import unittest.mock
from datetime import timedelta

import tinyrig
from tinyrig.v1 import board_pb2, model_pb2

ROOT = pathlib.Path(os.environ["ROOT"])
MODEL = ROOT / "models" / "digits.tflite"
GOLDEN = ROOT / "models" / "digits.json"
EMULATED, HOST, OTHER_HOST = "emu-an386-1", "host-1", "host-2"
QUICK = {"sessions": 2, "iterations": 3}


def cli(*arguments, code=0):
    ended = subprocess.run(["tinyrig", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if ended.returncode != code:
        raise AssertionError(f"tinyrig {arguments}: {ended.returncode}: {ended.stderr.decode()}")
    return ended.stdout


def cli_json(*arguments, code=0):
    return json.loads(cli(*arguments, "--json", code=code))


class LiveDaemon(unittest.TestCase):
    """One job on an emulated board with energy, and one on a host agent, for all tests."""

    @classmethod
    def setUpClass(cls):
        cls.client = tinyrig.connect()
        cls.client.upload(MODEL, expected=GOLDEN)
        cls.job = cls.client.submit(
            "digits",
            EMULATED,
            measure=["latency", "profile", "memory", "energy"],
            energy_windows=2,
            energy_window_ms=20,
            annotations={"commit": "abc"},
            **QUICK,
        )
        cls.host_job = cls.client.submit("digits", HOST, **QUICK)
        for job in (cls.job, cls.host_job):
            if not job.wait(timeout_s=300).succeeded:
                raise AssertionError(str(job.runs()))
        cls.emulated_run = cls.job.runs()[0]

    @classmethod
    def tearDownClass(cls):
        cls.client.close()


class Reading(LiveDaemon):
    def test_a_run_is_what_the_command_line_prints(self):
        for run in [*self.job.runs(), *self.host_job.runs()]:
            shown = cli_json("run", "show", run.id)["run"]
            self.assertEqual(tinyrig.as_dict(self.client.run(run.id).message), shown)
            latency = shown["result"]["latency"]
            self.assertEqual(run.latency.median_ticks, latency["medianTicks"])
            self.assertEqual(run.latency.count, 6)
            self.assertEqual(
                run.memory.arena_used_bytes,
                int(shown["result"]["memory"]["arenaUsedBytes"]),
            )
            self.assertTrue(run.valid)
            self.assertTrue(run.emulated)

    def test_the_job_and_its_runs_are_what_the_command_line_prints(self):
        shown = cli_json("job", "show", self.job.id)
        self.assertEqual(tinyrig.as_dict(self.client.job(self.job.id).message), shown["job"])
        self.assertEqual([tinyrig.as_dict(run.message) for run in self.job.runs()], shown["runs"])
        self.assertEqual(self.job.message.spec.annotations["commit"], "abc")
        self.assertEqual(
            [tinyrig.as_dict(line) for line in self.job.logs()],
            cli_json("job", "logs", self.job.id)["lines"],
        )
        self.assertIn(self.job.id, [job.id for job in self.client.jobs()])

    def test_the_profile_has_every_operator(self):
        shown = cli_json("run", "show", self.emulated_run.id)["run"]["result"]["profile"]
        profile = self.emulated_run.profile()
        self.assertEqual(
            [(op.kind, op.ticks) for op in profile],
            [(op["kind"], op["ticks"]) for op in shown["operators"]],
        )
        self.assertEqual(len(profile), 10)
        self.assertAlmostEqual(sum(row["share"] for row in profile.to_dicts()), 1.0)

    def test_exports_are_the_command_lines(self):
        run = self.emulated_run
        self.assertEqual(
            run.export_profile("trace"),
            cli("export", run.id, "--format", "trace").decode(),
        )
        self.assertEqual(run.export_profile("csv").encode(), cli("export", run.id, "--format", "csv"))
        exported = run.export()
        self.assertEqual(tinyrig.as_dict(exported), json.loads(cli("export", run.id)))
        self.assertEqual([len(session.latency_ticks) for session in exported.samples], [3, 3])

    def test_energy_says_that_it_is_modelled(self):
        run = self.emulated_run
        shown = cli_json("energy", "show", run.id)["run"]["result"]["energy"]
        self.assertEqual(shown["method"], "ENERGY_METHOD_MODELLED")
        self.assertEqual(tinyrig.as_dict(run.energy), shown)
        self.assertIn("modelled", str(run))
        self.assertIn("modelled", str(run.energy_windows()))
        self.assertEqual(len(run.energy_windows()), 2)
        trace = run.energy_trace(max_points=50)
        self.assertEqual(trace.total_samples, run.energy.samples)
        self.assertEqual(trace.sum.samples + trace.sum.lost_samples, trace.total_samples)
        self.assertLessEqual(len(trace.mean_ua), 50)

    def test_a_recording_is_saved_as_the_command_line_saves_it(self):
        with tempfile.TemporaryDirectory() as folder:
            ours, theirs = pathlib.Path(folder, "ours"), pathlib.Path(folder, "theirs")
            self.emulated_run.save_capture(ours)
            cli("energy", "export", self.emulated_run.id, "-o", str(theirs))
            self.assertGreater(len(ours.read_bytes()), 0)
            self.assertEqual(ours.read_bytes(), theirs.read_bytes())
            described = [json.loads(pathlib.Path(f"{path}.json").read_text()) for path in (ours, theirs)]
            self.assertEqual(described[0], described[1])

    def test_the_leaderboard_is_the_command_lines_and_never_mixes_clocks(self):
        board = self.client.leaderboard(model="digits")
        shown = cli_json("leaderboard", "--model", "digits")["groups"]
        self.assertEqual(
            [tinyrig.as_dict(row.entry) for row in board],
            [e for g in shown for e in g["entries"]],
        )
        self.assertEqual(
            {row.group.timing_source for row in board if row.entry.board_type == "host"},
            {3},
        )
        self.assertIn("instructions (emulated)", str(board))
        self.assertIn("instructions (emulated)", board._repr_html_())

    def test_boards_types_models_and_storage(self):
        self.assertEqual([board.id for board in self.client.boards()], [EMULATED, HOST, OTHER_HOST])
        self.assertEqual([board.id for board in self.client.boards("mps2-an386")], [EMULATED])
        self.assertEqual(
            [tinyrig.as_dict(one) for one in self.client.board_types()],
            cli_json("boards", "--types")["boardTypes"],
        )
        self.assertEqual(
            [tinyrig.as_dict(one) for one in self.client.models()],
            cli_json("models", "list")["models"],
        )
        self.assertEqual(
            tinyrig.as_dict(self.client.model("digits")),
            cli_json("models", "show", "digits")["model"],
        )
        self.assertEqual(
            [tinyrig.as_dict(one) for one in self.client.inspect("digits", ["mps2-an386", "microbit"])],
            cli_json("inspect", "digits", "--for", "mps2-an386", "--for", "microbit")["inspections"],
        )
        self.assertEqual(
            {tinyrig.as_dict(kind)["kind"]: kind.count for kind in self.client.storage()},
            {kind["kind"]: int(kind["count"]) for kind in cli_json("admin", "storage")["kinds"]},
        )
        self.assertEqual(
            self.client.version().server_version,
            cli_json("version")["server"]["serverVersion"],
        )


class Tables(LiveDaemon):
    def test_text_has_the_numbers_of_the_command_lines_table(self):
        ours = str(self.job.runs())
        for line in cli("job", "show", self.job.id).decode().splitlines():
            if line.startswith("digits ") and EMULATED in line:
                for cell in line.split("  "):
                    number = cell.strip().removesuffix(", simulated ppk2")
                    if not number.startswith("±"):
                        self.assertIn(number, ours)

    def test_dictionaries_have_numbers(self):
        row = next(row for row in self.job.runs().to_dicts() if row["board"] == EMULATED)
        latency = self.emulated_run.latency
        self.assertEqual(row["median_ticks"], latency.median_ticks)
        self.assertEqual(
            (row["low_ticks"], row["high_ticks"]),
            (latency.median_ticks, latency.median_ticks),
        )
        self.assertEqual(row["unit"], "instructions (emulated)")
        self.assertEqual(
            (row["valid"], row["emulated"], row["energy_method"]),
            (True, True, "modelled"),
        )

    def test_one_session_has_no_interval(self):
        job = self.client.submit("digits", HOST, measure=["latency"], sessions=1, iterations=2).wait(timeout_s=120)
        self.assertIn("unknown", str(job.runs()))
        row = job.runs().to_dicts()[0]
        self.assertEqual((row["low_ticks"], row["high_ticks"], row["sessions"]), (None, None, 1))

    def test_html_is_escaped(self):
        table = tinyrig.Table(["<b>&"], [tinyrig.Column("x", lambda item: item)], ["<i>"])
        self.assertIn("&lt;b&gt;&amp;", table._repr_html_())
        self.assertNotIn("<i>", table._repr_html_())

    def test_control_characters_do_not_reach_a_terminal(self):
        self.assertNotIn(
            "\x1b",
            str(tinyrig.Table(["\x1b[2J"], [tinyrig.Column("x", lambda item: item)])),
        )


class Submitting(LiveDaemon):
    def test_a_file_is_uploaded_and_the_same_key_is_the_same_job(self):
        first = self.client.submit(MODEL, HOST, key="same", **QUICK)
        self.assertEqual(self.client.submit(str(MODEL), HOST, key="same", **QUICK).id, first.id)
        with self.assertRaises(tinyrig.TinyrigError) as caught:
            self.client.submit(MODEL, HOST, key="same", sessions=1)
        self.assertEqual(caught.exception.code, "ALREADY_EXISTS")
        events = list(first.watch(timeout_s=120))
        self.assertIs(type(events[0]), type(first.message))
        self.assertIn(
            "finished",
            {tinyrig.as_dict(e).get("state", "")[10:].lower() for e in events},
        )
        self.assertEqual(first.outcome, "succeeded")

    def test_a_job_that_waits_is_cancelled_and_a_wait_has_an_end(self):
        board = self.client.board(OTHER_HOST)
        with board.reserved(300, "test"):
            job = self.client.submit("digits", OTHER_HOST, start_within=timedelta(hours=1), **QUICK)
            with self.assertRaises(TimeoutError):
                job.wait(timeout_s=0.2)
            self.assertFalse(job.finished)
            self.assertEqual(job.cancel().wait(timeout_s=60).outcome, "cancelled")
            self.assertEqual(
                cli_json("job", "show", job.id, code=0)["job"]["outcome"],
                "OUTCOME_CANCELLED",
            )

    def test_an_interrupted_upload_goes_on_where_it_stopped(self):
        # Bytes behind the flatbuffer are no part of the model: another file with the same model.
        data = MODEL.read_bytes() + b"\0" * 4096
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "padded.tflite")
            path.write_bytes(data)
            connection = self.client._connection
            sha256 = hashlib.sha256(data).hexdigest()
            header = model_pb2.UploadModelRequest.Header(name="padded", sha256=sha256, size_bytes=len(data))

            def half():
                yield model_pb2.UploadModelRequest(header=header)
                yield model_pb2.UploadModelRequest(chunk=data[:5000])

            with self.assertRaises(tinyrig.TinyrigError):
                connection.call(connection.models.UploadModel, half())  # ends before it is whole
            held = connection.call(
                connection.models.GetUploadStatus,
                model_pb2.GetUploadStatusRequest(sha256=sha256),
            )
            self.assertEqual((held.received_bytes, held.complete), (5000, False))

            sent = []
            upload = connection.models.UploadModel

            def counted(parts, **options):
                def each():
                    for part in parts:
                        sent.append(part)
                        yield part

                return upload(each(), **options)

            connection.models.UploadModel = counted
            self.addCleanup(setattr, connection.models, "UploadModel", upload)
            self.assertEqual(self.client.upload(path).sha256, sha256)
            self.assertEqual(sent[0].header.offset, 5000)
            self.assertEqual(sum(len(part.chunk) for part in sent), len(data) - 5000)

    def test_what_is_wrong_is_said_in_the_servers_words(self):
        with self.assertRaises(tinyrig.TinyrigError) as caught:
            self.client.run("no-such-run")
        error = caught.exception
        self.assertEqual((error.reason, error.code), ("RUN_UNKNOWN", "NOT_FOUND"))
        self.assertIn("no-such-run", error.message)
        self.assertIn("hint:", str(error))
        with self.assertRaises(tinyrig.TinyrigError) as caught:
            tinyrig.connect("127.0.0.1:1").boards()
        self.assertEqual(caught.exception.reason, "SERVER_UNREACHABLE")
        with self.assertRaises(tinyrig.TinyrigError) as caught:
            self.client.upload("no-such-file.tflite")
        self.assertEqual(caught.exception.reason, "FILE_UNREADABLE")
        with self.assertRaisesRegex(ValueError, "latency, profile, memory"):
            self.client.submit("digits", HOST, measure=["speed"])


class Access(unittest.TestCase):
    def test_a_token_does_not_leave_this_machine_in_the_clear(self):
        with self.assertRaises(tinyrig.TinyrigError) as caught:
            tinyrig.connect("lab.example:50051", token="secret")
        self.assertEqual(caught.exception.reason, "TOKEN_WITHOUT_TLS")
        self.assertNotIn("secret", str(caught.exception))
        tinyrig.connect("localhost:50051", token="secret").close()
        tinyrig.connect("https://lab.example:50051", token="secret").close()


class Tokens(unittest.TestCase):
    """A daemon of its own, which asks for tokens."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        folder = pathlib.Path(cls.folder.name)
        (folder / "farm.toml").touch()  # no boards
        ports = folder / "ports"
        cls.daemon = subprocess.Popen(
            [
                os.environ["TINYRIGD"],
                "--tokens",
                "--farm",
                folder / "farm.toml",
                "--data",
                folder / "data",
                "--catalog",
                ROOT / "deploy/boards",
            ]
            + ["--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0", "--ports-file", ports],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        cls.addClassCleanup(cls.daemon.wait, 60)
        cls.addClassCleanup(cls.daemon.terminate)
        while not ports.exists():
            with contextlib.suppress(subprocess.TimeoutExpired):
                raise AssertionError(f"tinyrigd ended with {cls.daemon.wait(timeout=0.1)}")
        port = dict(line.split("=") for line in ports.read_text().split())["grpc"]
        cls.server = f"127.0.0.1:{port}"
        cls.secret = (folder / "data" / "admin_token").read_text().strip()

    def refused(self, call, reason):
        with self.assertRaises(tinyrig.TinyrigError) as caught:
            call()
        self.assertEqual(caught.exception.reason, reason)

    def test_each_may_what_its_role_may(self):
        self.refused(tinyrig.connect(self.server, token="").boards, "TOKEN_MISSING")
        self.refused(tinyrig.connect(self.server, token="wrong").boards, "TOKEN_UNKNOWN")
        admin = tinyrig.connect(self.server, token=self.secret)
        made = admin.create_token("ann", "viewer", name="laptop", expires=timedelta(days=1))
        ann = tinyrig.connect(self.server, token=made.secret)
        self.assertEqual((ann.whoami().user, ann.whoami().tokens_required), ("ann", True))
        self.assertEqual(len(ann.boards()), 0)
        self.refused(lambda: ann.upload(MODEL), "ROLE_TOO_LOW")
        self.refused(ann.tokens, "ROLE_TOO_LOW")
        self.refused(lambda: ann.create_token("bob", "admin"), "ROLE_TOO_LOW")
        self.assertIn(
            ("ann", "viewer"),
            [(row["user"], row["role"]) for row in admin.tokens().to_dicts()],
        )
        admin.revoke_token(made.token.id)
        self.refused(ann.boards, "TOKEN_REVOKED")
        # What was refused before the token was revoked is written down by then.
        results = [(line.user, line.method, line.result) for line in admin.audit()]
        self.assertIn(("ann", "AccessService/CreateToken", "ROLE_TOO_LOW"), results)

    def test_what_tinyrig_login_keeps_is_used(self):
        with tempfile.TemporaryDirectory() as config:
            variables = dict(os.environ, XDG_CONFIG_HOME=config, TINYRIG_SERVER=self.server)
            subprocess.run(
                ["tinyrig", "login"],
                input=self.secret,
                text=True,
                env=variables,
                check=True,
            )
            with unittest.mock.patch.dict(os.environ, variables):
                self.assertEqual(tinyrig.connect().whoami().role, 4)
                self.assertEqual(cli_json("whoami"), tinyrig.as_dict(tinyrig.connect().whoami()))


class Holding(LiveDaemon):
    def test_reserve_drain_quarantine_release(self):
        board = self.client.board(OTHER_HOST)
        token = board.reserve(60, "soldering")
        shown = cli_json("board", "show", OTHER_HOST)["board"]
        self.assertEqual(shown["hold"]["kind"], "HOLD_KIND_RESERVED")
        self.assertEqual(shown["hold"]["reason"], "soldering")
        self.assertEqual(board.reserve(120, token=token), token)
        with self.assertRaises(tinyrig.TinyrigError) as caught:
            board.release("wrong")
        self.assertEqual(caught.exception.reason, "RESERVATION_NOT_YOURS")
        board.release(token)
        board.drain("cable")
        self.assertEqual(
            cli_json("board", "show", OTHER_HOST)["board"]["hold"]["kind"],
            "HOLD_KIND_MAINTENANCE",
        )
        board.release()
        board.quarantine("odd numbers", seconds=60)
        self.assertEqual(board.refresh().message.hold.kind, board_pb2.HOLD_KIND_QUARANTINED)
        board.release()
        texts = [line.text for line in board.log()]
        self.assertTrue(any("soldering" in text for text in texts), texts)

    def test_flash_and_console(self):
        board = self.client.board(EMULATED)
        firmware = pathlib.Path(os.environ["FIRMWARE"], "mps2-an386", "tinyrig-bringup.elf")
        steps = []
        with board.reserved(120, "by hand") as token:
            done = board.flash(
                firmware,
                token,
                on_progress=lambda done, total: steps.append((done, total)),
            )
            self.assertTrue(done.read_back)
            self.assertFalse(done.HasField("agent"))
            self.assertGreater(done.bytes_written, 0)
            self.assertEqual(len({total for _, total in steps}), 1)
            with board.console(token, timeout_s=60) as console:
                self.assertEqual(console.baud_rate, 115200)
                console.write(b"i\n")
                self.assertIn(b"board=mps2-an386", console.read_until(b"board=mps2-an386"))
            self.assertEqual(board.flash(token=token).agent.board_type, "mps2-an386")
        with self.assertRaises(tinyrig.TinyrigError) as caught:
            board.flash(token=token)
        self.assertEqual(caught.exception.reason, "BOARD_NOT_HELD")


class Keeping(LiveDaemon):
    def test_a_backup_is_sound(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "backup")
            backup = self.client.backup(path)
            self.assertEqual(cli_json("admin", "verify", str(path)), tinyrig.as_dict(backup))
            self.assertGreaterEqual(backup.runs, 2)
            with self.assertRaises(tinyrig.TinyrigError) as caught:
                self.client.backup(path)
            self.assertEqual(caught.exception.reason, "FOLDER_EXISTS")
            self.assertEqual([entry.name for entry in pathlib.Path(folder).iterdir()], ["backup"])

    def test_the_gate_is_the_command_lines(self):
        run = self.emulated_run.id
        report = self.client.gate(["--base-run", run, "--head-run", run])
        self.assertEqual(
            tinyrig.as_dict(report),
            cli_json("gate", "--base-run", run, "--head-run", run),
        )
        self.assertEqual(report.verdict, 1)
        with self.assertRaises(tinyrig.TinyrigError) as caught:
            self.client.gate([], program="no-such-program")
        self.assertEqual(caught.exception.reason, "PROGRAM_MISSING")

    def test_events_tell_of_a_job(self):
        events = self.client.events()
        first = next(events)
        self.assertGreaterEqual(first.sequence, 0)
        job = self.client.submit("digits", HOST, **QUICK)
        for event in events:
            if event.HasField("job") and event.job.job_id == job.id and event.job.finish_time.seconds:
                break
        self.assertTrue(job.refresh().finished)
        events.close()


class Zz_Restarting(LiveDaemon):
    """Last: the daemon is another process afterwards."""

    def test_a_job_is_followed_over_a_restart_of_the_daemon(self):
        pid = int(os.environ["DAEMON_PID"])
        command = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")[:-1]
        job = self.client.submit("digits", EMULATED, **QUICK)
        watching = job.watch(timeout_s=300)
        next(watching)
        os.kill(pid, signal.SIGKILL)
        with tempfile.TemporaryFile() as log:
            daemon = subprocess.Popen(command, stdout=log, stderr=log)
            try:
                for _ in watching:
                    pass
                self.assertEqual(job.outcome, "succeeded")
            finally:
                daemon.terminate()
                daemon.wait(timeout=60)
