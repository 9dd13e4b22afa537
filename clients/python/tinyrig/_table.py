"""Lists that show themselves: as text, in a notebook, as dictionaries, as a pandas frame."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Callable, Generic, TypeVar, overload

Item = TypeVar("Item")


@dataclass(frozen=True)
class Column(Generic[Item]):
    """A column: its value for programs, and how people read it."""

    name: str
    value: Callable[[Item], Any]
    text: Callable[[Any], str] = str
    right: bool = False
    missing: str = "-"  # the text of None and ""


def _printable(text: str) -> str:
    """Names come from other people: nothing of them may steer a terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


class Table(Sequence[Item]):
    """A list of the API's messages (or of runs) that knows its columns. `notes` go below it."""

    def __init__(self, items: Sequence[Item], columns: Sequence[Column[Item]], notes: Sequence[str] = ()) -> None:
        self._items = list(items)
        self.columns = list(columns)
        self.notes = list(notes)

    @overload
    def __getitem__(self, index: int) -> Item: ...
    @overload
    def __getitem__(self, index: slice) -> Table[Item]: ...
    def __getitem__(self, index: int | slice) -> Item | Table[Item]:
        return Table(self._items[index], self.columns) if isinstance(index, slice) else self._items[index]

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[Item]:
        return iter(self._items)

    def to_dicts(self) -> list[dict[str, Any]]:
        """A dictionary per row, with values as numbers and words, not as text."""
        return [{column.name: column.value(item) for column in self.columns} for item in self._items]

    def to_pandas(self) -> Any:
        """A pandas.DataFrame; pandas must be installed."""
        import pandas

        return pandas.DataFrame(self.to_dicts(), columns=[column.name for column in self.columns])

    def _texts(self) -> list[list[str]]:
        def text(column: Column[Item], item: Item) -> str:
            value = column.value(item)
            return column.missing if value is None or value == "" else _printable(column.text(value))

        return [[text(column, item) for column in self.columns] for item in self._items]

    def __str__(self) -> str:
        rows = [[column.name.upper() for column in self.columns], *self._texts()]
        widths = [max(len(row[i]) for row in rows) for i in range(len(self.columns))]

        def line(row: list[str]) -> str:
            cells = (
                cell.rjust(width) if column.right else cell.ljust(width)
                for cell, width, column in zip(row, widths, self.columns)
            )
            return "  ".join(cells).rstrip()

        return "\n".join([*map(line, rows), *map(_printable, self.notes)])

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        def row(tag: str, cells: Sequence[str]) -> str:
            aligned = (
                f'<{tag} style="text-align: {"right" if column.right else "left"}">{html.escape(cell)}</{tag}>'
                for column, cell in zip(self.columns, cells)
            )
            return "<tr>" + "".join(aligned) + "</tr>"

        head = row("th", [column.name for column in self.columns])
        body = "".join(row("td", cells) for cells in self._texts())
        notes = "".join(f"<p>{html.escape(note)}</p>" for note in self.notes)
        return f"<table><thead>{head}</thead><tbody>{body}</tbody></table>{notes}"
