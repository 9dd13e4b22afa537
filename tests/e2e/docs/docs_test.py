"""What the docs show works: their blocks are run as a reader would, in a clone, against a live daemon.

A block is run in the order of its page: `sh` in one shell per page, `console` the same with the output that it shows
(other numbers are the same output), `python` and `pycon` in one interpreter per page. `cpp` is compiled by the build.
What cannot run here says why, is listed, and is checked as far as --help goes.
"""

import contextlib
import io
import os
import doctest
import pathlib
import re
import signal
import subprocess
import tempfile
import unittest

import markdown
import tinyrig
import usage

ROOT = pathlib.Path(os.environ["ROOT"])
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "clients/python/README.md",
    *sorted((ROOT / "docs").glob("*.md")),
]
RUN_TAGS = ("sh", "console", "python", "pycon", "cpp")
SERVES = ROOT / "tests/e2e/docs/serves.sh"
TOUCHES_THE_MACHINE = re.compile(r"\b(sudo|apt-get|systemctl|docker|ssh)\b")
PORTS = {
    "50051": os.environ["TINYRIG_SERVER"].rsplit(":", 1)[1],
    "8080": os.environ["HTTP_PORT"],
}


def here(text):
    """The daemon of the test has other ports than a reader's."""
    return re.sub(
        r"(127\.0\.0\.1|localhost):(50051|8080)\b",
        lambda at: f"127.0.0.1:{PORTS[at[2]]}",
        text,
    )


class Shell:
    """One bash for all blocks of a page: variables and folder stay. After a failure it is another one."""

    def __init__(self, folder):
        self.folder = folder
        self.served = folder / ".served"
        self.variables = dict(
            os.environ,
            RUN=os.environ["FINISHED_RUN"],
            JOB=os.environ["FINISHED_JOB"],
            PATH=f"{folder}/.bin:{os.environ['PATH']}",
            SERVES_PID_FILE=str(self.served),
        )
        self.process = None

    def run(self, text, errexit=True):
        """Its output; AssertionError when it fails: with `errexit` any command of it, else the last one."""
        touched = TOUCHES_THE_MACHINE.search(text)
        if touched:
            raise AssertionError(f'"{touched[0]}" is not for a test: say <!-- not run: why --> above the block')
        if self.process is None:
            self.process = subprocess.Popen(
                ["bash"],
                cwd=self.folder,
                env=self.variables,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        script, output = self.folder / ".block.sh", self.folder / ".output"
        # Words that stand for ids in the pages are variables here.
        text = re.sub(r"(?<![\w${/-])(RUN|JOB|TOKEN)(?![\w=./-])", r"$\1", here(text))
        if re.search(r"^exit\b", text, re.MULTILINE):
            text = f"(\n{text})\n"
        script.write_text(text)
        options = "set -eo pipefail" if errexit else "set +eo pipefail"
        command = f"exec 3>&1; {options}; . {script} >{output} 2>&1 </dev/null 3>&- || exit; echo done >&3\n"
        if errexit:  # which a command beside || would be spared
            command = command.replace(" || exit", "")
        self.process.stdin.write(command)
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        said = output.read_text(errors="replace")
        if answer != "done\n":
            code = self.process.wait()
            self.close()
            raise AssertionError(f"it failed ({code}):\n{text}\nand said:\n{said}")
        token = re.search(r"^token (\S+)", said, re.MULTILINE)
        if token:
            self.process.stdin.write(f"TOKEN={token[1]}\n")
        return said

    def close(self):
        if self.process is not None:
            with contextlib.suppress(BrokenPipeError):
                self.process.stdin.close()
            self.process.wait(timeout=60)
            self.process.stdout.close()
            self.process = None

    def end_what_serves(self):
        if self.served.exists():
            for pid in map(int, self.served.read_text().split()):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGTERM)


class Checker(doctest.OutputChecker):
    def check_output(self, want, got, optionflags):
        return markdown.same_output(want, got)


def run_console(shell, text):
    shown = re.split(r"^\$ ", text, flags=re.MULTILINE)
    if shown[0]:
        raise AssertionError(f"a console block begins with '$ ', not with {shown[0]!r}")
    for step in shown[1:]:
        lines = re.sub(r"\\\n", "\\\n", step).splitlines()
        count = 1
        while lines[count - 1].endswith("\\"):
            count += 1
        command, wanted = "\n".join(lines[:count]), "\n".join(lines[count:])
        said = shell.run(command + "\n", errexit=False)
        if not markdown.same_output(wanted, said):
            raise AssertionError(f"$ {command}\nprinted\n{said}\nwhere the page shows\n{wanted}")


def run_pycon(block, names):
    test = doctest.DocTestParser().get_doctest(here(block.text), names, block.place, str(block.page), block.line)
    said = io.StringIO()
    runner = doctest.DocTestRunner(Checker(), verbose=False)
    if runner.run(test, out=said.write, clear_globs=False).failed:
        raise AssertionError(said.getvalue())
    names.update(test.globs)


def clone(folder):
    """A folder that looks like a fresh clone after a build, as far as the pages go."""
    for name in ("models", "deploy", "proto", "clients", "scripts", "docs"):
        (folder / name).symlink_to(ROOT / name)
    (folder / "build").mkdir()
    (folder / "build" / "firmware").symlink_to(os.environ["FIRMWARE"])
    (folder / "build" / "dev" / "server").mkdir(parents=True)
    (folder / "build" / "dev" / "server" / "tinyrigd").symlink_to(SERVES)
    (folder / "build" / "dev" / "client").symlink_to(pathlib.Path(os.environ["TINYRIG_BIN_FOLDER"], "client"))
    (folder / ".bin").mkdir()
    for name in ("tinyrigd", "tinyrig-emu"):
        (folder / ".bin" / name).symlink_to(SERVES)
    (folder / "web").mkdir()
    (folder / "web" / "dist").symlink_to(ROOT / "web" / "dist")
    (folder / "model.tflite").write_bytes((ROOT / "models/digits.tflite").read_bytes())
    (folder / "example").symlink_to(os.environ["CPP_EXAMPLE"])


def tidy_farm():
    """What a page leaves: jobs that wait, boards that are held."""
    with tinyrig.connect() as client:
        for job in client.jobs(limit=500):
            if not job.finished:
                job.cancel().wait(timeout_s=120)
        for board in client.boards():
            if board.HasField("hold"):
                client.board(board.id).release(force=True)


def run_page(test, page):
    with tempfile.TemporaryDirectory(prefix="docs.") as name:
        folder = pathlib.Path(name)
        clone(folder)
        shell = Shell(folder)
        names = {"__name__": "docs"}
        test.addCleanup(tidy_farm)
        test.addCleanup(shell.close)
        try:
            for block in markdown.blocks(page):
                with test.subTest(block.place), contextlib.chdir(folder):
                    if block.tag not in RUN_TAGS or block.not_run:
                        continue
                    if block.setup:
                        shell.run(block.setup + "\n")
                    if block.tag == "sh":
                        shell.run(block.text)
                    elif block.tag == "console":
                        run_console(shell, block.text)
                    elif block.tag == "python":
                        with contextlib.redirect_stdout(io.StringIO()):
                            exec(compile(here(block.text), block.place, "exec"), names)
                    elif block.tag == "pycon":
                        run_pycon(block, names)
        finally:
            shell.end_what_serves()


class Pages(unittest.TestCase):
    """A test for each page, made below."""


for each in PAGES:
    if any(block.tag in RUN_TAGS and not block.not_run for block in markdown.blocks(each)):
        test_name = "test_" + re.sub(r"\W", "_", str(each.relative_to(ROOT).with_suffix("")))
        setattr(Pages, test_name, lambda self, page=each: run_page(self, page))


class Commands(unittest.TestCase):
    def test_no_command_hides_where_nobody_runs_it(self):
        for page in PAGES:
            for block in markdown.blocks(page):
                if block.tag:
                    continue
                for line in block.text.splitlines():
                    words = line.replace("$ ", "").split()
                    first = words[0].rsplit("/", 1)[-1] if words else ""
                    hidden = first in markdown.COMMAND_WORDS or line.strip().startswith("./rig")
                    with self.subTest(block.place):
                        self.assertFalse(hidden, f"put it into a block ```sh: {line}")

    def test_commands_that_are_not_run_exist_with_their_options(self):
        count = 0
        for page in PAGES:
            for block in markdown.blocks(page):
                if block.not_run and block.tag in ("sh", "console"):
                    for command in markdown.commands(block.text.replace("\n$ ", "\n")):
                        with self.subTest(block.place):
                            self.assertEqual(usage.problem_of(command), "")
                        count += 1
            for line, text in markdown.spans(page):
                for command in markdown.commands(text):
                    with self.subTest(f"{page.name}:{line}: {text}"):
                        self.assertEqual(usage.problem_of(command), "")
                    count += 1
        self.assertGreater(count, 100)

    def test_what_is_not_run_is_listed(self):
        all_blocks = [block for page in PAGES for block in markdown.blocks(page) if block.tag in RUN_TAGS]
        not_run = [block for block in all_blocks if block.not_run]
        print(f"\ndocs: {len(all_blocks)} blocks, {len(all_blocks) - len(not_run)} run, {len(not_run)} not:")
        for block in not_run:
            print(f"  {block.place}: {block.not_run}")
        self.assertGreater(len(all_blocks) - len(not_run), len(not_run), "most of the docs is run")

    def test_links_lead_somewhere(self):
        for page in PAGES:
            for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text()):
                if "://" not in target:
                    self.assertTrue(
                        (page.parent / target).exists(),
                        f"{page.name} links to {target}, which is not there",
                    )


class TheHarness(unittest.TestCase):
    """It must be able to fail."""

    def test_other_numbers_are_the_same_output_and_other_words_are_not(self):
        self.assertTrue(markdown.same_output("emu-1  12,345 ticks", "emu-2   9 ticks\n"))
        self.assertTrue(markdown.same_output("run r-1aq39tgqpxwha of …", "run r-0000000000000 of anything\n"))
        self.assertTrue(markdown.same_output("a\n...\nz", "a\nb\nc\nz\n"))
        self.assertFalse(markdown.same_output("12 ticks", "12 tocks"))
        self.assertFalse(markdown.same_output("exit code 1", "exit code 3"))
        self.assertFalse(markdown.same_output("a", "a\nb"))
        self.assertTrue(markdown.same_output("", "\n"))
        self.assertFalse(markdown.same_output("", "a"))
        self.assertFalse(markdown.same_output("a\nb", "a"))

    def test_unknown_commands_and_options_are_found(self):
        self.assertEqual(usage.problem_of("tinyrig board show emu-an386-1"), "")
        self.assertEqual(usage.problem_of("tinyrig board reserve|drain BOARD"), "")
        self.assertIn("no command shew", usage.problem_of("tinyrig board shew X"))
        self.assertIn("no option --fro", usage.problem_of("tinyrig board reserve X --fro 2h"))
        self.assertIn("no command tset", usage.problem_of("./rig tset"))

    def test_a_block_that_fails_fails(self):
        with tempfile.TemporaryDirectory() as name:
            shell = Shell(pathlib.Path(name))
            with self.assertRaises(AssertionError):
                shell.run("true\nfalse\ntrue\n")
            self.assertEqual(shell.run("false; echo exit code $?\n", errexit=False), "exit code 1\n")
            with self.assertRaises(AssertionError):
                shell.run("false\n", errexit=False)
            shell.close()


if __name__ == "__main__":
    unittest.main(verbosity=2)
