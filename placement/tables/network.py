"""The tables of a street network: files read, headers as in all tables; what the rows say is checked by `travel`."""

from __future__ import annotations

import pandas as pd

from placement.errors import InputError
from placement.notes import Names, Note, about
from placement.study import Study
from placement.study.columns import EDGES, NODES
from placement.tables.checks import Faults, Table
from placement.tables.files import read_frame
from placement.tables.order import in_order
from placement.tables.read import unused_notes

_COLUMNS = {"streets_nodes": NODES, "streets_edges": EDGES}


def read_network(study: Study, nodes: str, edges: str) -> tuple[pd.DataFrame, pd.DataFrame, tuple[str, ...]]:
    """Return the tables of nodes and of edges, and what was read otherwise than it is written or not used.

    Raises
    ------
    InputError
        Listing the faults of both files and headers.
    """
    faults = Faults(study.file.name)
    frames = []
    for name, written in (("streets_nodes", nodes), ("streets_edges", edges)):
        try:
            table = Table(name, read_frame(name, study.path(written)), None, faults)
        except InputError as error:
            faults.extend(error)
            continue
        table.use(_COLUMNS[name])
        faults.notes += _shadowed(name, table.frame)
        frames.append(in_order(table.frame).reset_index(drop=True))
    faults.raise_any()
    return frames[0], frames[1], (*faults.notes, *unused_notes(faults.ignored))


def _shadowed(name: str, frame: pd.DataFrame) -> list[str]:
    """Return a note where places stand in the table twice: metres are taken, degrees are not looked at."""
    twice = {"x", "y"} <= set(frame.columns) and {"lon", "lat"} & set(frame.columns)
    form = "columns not used: {names} (x and y are)"
    return [about(name, Note(form, names=Names(sorted(twice, reverse=True))))] if twice else []
