"""Whether a command line of the docs could be right: its subcommand exists, and its options do, by --help."""

import functools
import re
import subprocess

from markdown import PROGRAMS

PREFIX = re.compile(r"^((sudo|-u|tinyrig(?=\s+tinyrig)|[A-Za-z_]+=\S*|\[|echo|exec)\s+)+")


@functools.lru_cache(maxsize=None)
def help_of(*command):
    program = [*command, "help"] if command[0] == "./rig" else [*command, "--help"]
    ended = subprocess.run(program, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return ended.stdout if ended.returncode == 0 else None


def subcommands(help_text):
    if "usage: ./rig COMMAND" in help_text:
        return set(re.findall(r"^  ([a-z]+) ", help_text, re.MULTILINE))
    _, _, listed = help_text.partition("\nSubcommands:\n")
    return set(re.findall(r"^  (\S+)", listed, re.MULTILINE))


def problem_of(command):
    """ "" or what is wrong with it. Commands of other programs are none of ours."""
    command = PREFIX.sub("", command)
    words = command.replace("[", " ").replace("]", " ").split()
    if not words:
        return ""
    program = words[0].rsplit("/", 1)[-1] if not words[0].startswith("./rig") else "./rig"
    if program not in PROGRAMS:
        return ""
    # "board reserve|release" stands for both.
    paths = [[program]]
    rest = words[1:]
    while rest:
        names = rest[0].strip(",").split("|")
        known = subcommands(help_of(*paths[0]) or "")
        if not known or not re.fullmatch(r"[a-z|]+", rest[0].strip(",")):
            break
        for name in names:
            if name not in known:
                return f"{' '.join(paths[0])} has no command {name}"
        paths = [[*paths[0], name] for name in names]
        if program == "./rig":
            break
        rest = rest[1:]
    for path in paths:
        # Options of the program itself stand behind its commands as well.
        text = (help_of(program) or "") + ("" if program == "./rig" else help_of(*path) or "")
        for option in re.findall(r"(?:^|\s)(--[a-z][a-z-]*|-[a-zA-Z])(?![\w.-])", " ".join(rest)):
            if not re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", text):
                return f"{' '.join(path)} has no option {option}"
    return ""
