"""Other people's data into the platform's tables: read, judged row by row, loaded in one piece.

Belongs here: file formats, rules for foreign rows, the rejects files. Does not: generated data.
"""

from assets.seeding.load.directory import load_directory
from assets.seeding.load.reading import find_files
from assets.seeding.load.report import LoadReport, TableReport
from assets.seeding.load.span import Span

__all__ = ["LoadReport", "Span", "TableReport", "find_files", "load_directory"]
