"""The code blocks and commands of a page.

As a program: `markdown.py PAGE TAG` prints the page's one block of that tag, for the build.
"""

import re
import sys
from dataclasses import dataclass
from pathlib import Path

NOT_RUN = re.compile(r"<!-- not run: (.+) -->$")
SETUP = re.compile(r"<!-- test: (.+) -->$")
PROGRAMS = ("tinyrig", "tinyrigd", "tinyrig-emu", "./rig")
COMMAND_WORDS = (
    "tinyrig",
    "tinyrigd",
    "tinyrig-emu",
    "./rig",
    "curl",
    "docker",
    "sudo",
    "apt-get",
    "pip",
    "cmake",
    "ssh",
)


@dataclass
class Block:
    page: Path
    line: int  # of its fence, from 1
    tag: str  # "sh"; empty: a fence without one, or indented text
    text: str
    not_run: str = ""  # why; empty: it is run
    setup: str = ""  # what the test runs before it

    @property
    def place(self):
        return f"{self.page.name}:{self.line}"


def blocks(page):
    """In order. Comments above a fence belong to it: <!-- not run: REASON -->, <!-- test: COMMAND -->."""
    found, fence, not_run, setup = [], None, "", []
    for number, line in enumerate(page.read_text().splitlines(), 1):
        if fence is not None:
            if line.startswith("```"):
                found.append(fence)
                fence, not_run, setup = None, "", []
            else:
                fence.text += line + "\n"
        elif line.startswith("```"):
            fence = Block(page, number, line[3:].strip(), "", not_run, "\n".join(setup))
        elif line.startswith("    ") and line.strip():
            found.append(Block(page, number, "", line + "\n"))
        elif match := NOT_RUN.match(line):
            not_run = match[1]
        elif match := SETUP.match(line):
            setup.append(match[1])
        elif line.strip():
            not_run, setup = "", []
    return found


def spans(page):
    """The commands in the page's running text and tables: (line, text)."""
    fenced = False
    for number, line in enumerate(page.read_text().splitlines(), 1):
        fenced ^= line.startswith("```")
        if not fenced and not line.startswith("    "):
            for text in re.findall(r"(?<!`)`([^`]+)`(?!`)", line):
                if text.split()[:1] and text.split()[0] in PROGRAMS:
                    yield number, text.replace("\\|", "|")


def commands(text):
    """Each simple command of a shell text, without comments; strings of words."""
    text = re.sub(r"\\\n", " ", text)
    for line in text.splitlines():
        line = re.sub(r"(^|\s)#.*$", "", line)
        for command in re.split(r"\|\||&&|[|;&]|\$\(", line):
            yield command.strip().rstrip(")")


def pattern(line):
    """What a line of output may be where the page shows `line`: other numbers, ids and widths. '…' is anything."""
    if line.startswith("exit code "):
        return re.escape(line)  # of all numbers this one is no measurement
    line = re.sub(r"\b([rj]-)[0-9a-z]{13}\b", "\\1\0", line.strip())
    line = re.sub(r"\b(?=[0-9a-f]*\d)[0-9a-f]{12,}\b", "\1", line)
    line = re.sub(r"\d[\d,.]*", "\2", line)
    line = re.sub(r"\s+", "\3", line)
    line = re.escape(line).replace("…", ".*")
    for mark, expression in (
        ("\0", r"[0-9a-z]+"),
        ("\1", r"[0-9a-f]+"),
        ("\2", r"\d[\d,.]*"),
        ("\3", r"\s+"),
    ):
        line = line.replace(re.escape(mark), mark).replace(mark, expression)
    return line


def same_output(shown, output):
    """Whether `output` is what the page shows; a line '...' is any lines, or none."""
    expression = ""
    for line in shown.strip().splitlines():
        expression += r"(?:.*\n)*?" if line.strip() == "..." else r"\s*" + pattern(line) + r"[ \t]*\n"
    return re.fullmatch(expression, output.strip() + "\n" if output.strip() else "") is not None


if __name__ == "__main__":
    wanted = [block for block in blocks(Path(sys.argv[1])) if block.tag == sys.argv[2]]
    if len(wanted) != 1:
        sys.exit(f"{sys.argv[1]} has {len(wanted)} blocks of {sys.argv[2]}, not one")
    sys.stdout.write(wanted[0].text)
