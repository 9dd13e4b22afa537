"""TinyRig's Python client: `tinyrig.connect()`, and what the command line does from there.

The API's own messages are in `tinyrig.v1`; tables show themselves in a terminal and in a notebook.
"""

from tinyrig._boards import Board, Console
from tinyrig._client import Client, Ranked, connect
from tinyrig._errors import TinyrigError
from tinyrig._jobs import Job
from tinyrig._runs import Run
from tinyrig._table import Column, Table
from tinyrig._words import as_dict

__all__ = [
    "Board",
    "Client",
    "Column",
    "Console",
    "Job",
    "Ranked",
    "Run",
    "Table",
    "TinyrigError",
    "as_dict",
    "connect",
]
