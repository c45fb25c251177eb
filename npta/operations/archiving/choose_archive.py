"""Choose the archive that orders move to next: the last one that has room."""

from __future__ import annotations

from npta.errors import ArchiveError, SettingError
from npta.operations.archiving.archive_health import archive_trouble
from npta.services import Services
from sheets_schema import Database, Deadline, SheetsError

SPARE_CELLS = Database.MAX_CELLS // 10
"""Cells that stay free in an archive: people may add a tab of their own, and put deleted ones back."""
NEW_ARCHIVE = (
    "Make a new spreadsheet, share it as an editor with the address that the live spreadsheet is shared with for the service, add its id at the end of "
    "NPTA_ARCHIVES, and run python -m npta provision"
)


def archive_with_room(services: Services, deadline: Deadline) -> tuple[str, int]:
    """Return the last archive that has room, and how many cells may be filled.

    One call for each that is asked. Raises `ArchiveError`.
    """
    for name in reversed(services.settings.archives):
        try:
            room = services.archive(name).tabs(deadline).room - SPARE_CELLS
        except (SettingError, SheetsError) as error:
            raise ArchiveError(archive_trouble(name, error)) from error
        if room > 0:
            return name, room
    raise ArchiveError(
        f"Settled orders stay in the spreadsheet, since no archive of NPTA_ARCHIVES has room: each is nine tenths full. {NEW_ARCHIVE}."
    )
