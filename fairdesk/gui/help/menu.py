"""The Help menu's actions, and the windows they open."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from fairdesk import logfile
from fairdesk.assets import asset
from fairdesk.gui import async_glue
from fairdesk.gui.actions import ActionBook, ActionSpec
from fairdesk.gui.help.guide import GuideWindow
from fairdesk.gui.help.next_dialog import NextDialog
from fairdesk.gui.help.next_step import Step, steps
from fairdesk.gui.help.shortcuts import ShortcutsDialog
from fairdesk.gui.help.text_dialog import TextDialog
from fairdesk.gui.session import Session
from fairdesk.project.image_queries import overview
from fairdesk.words import tr

_WAIT_S = 10.0  # for a tab to read what it shows, before one of its actions is done


class Host(Protocol):
    """What the menu needs of the window."""

    session: Session
    book: ActionBook

    def tab_name(self) -> str:
        """Return the name of the tab that is shown."""
        ...

    def show_tab(self, name: str) -> None:
        """Show a tab."""
        ...

    def refresh_actions(self) -> None:
        """Enable what can be done now."""
        ...


class Help(QObject):
    """Opens help; its windows belong to the window it helps with."""

    def __init__(self, host: Host, parent: QWidget) -> None:
        super().__init__(parent)
        self._host, self._window = host, parent
        self.log_path: Path | None = None  # set where this process has a log
        self.guide: GuideWindow | None = None
        host.session.log_file_asked.connect(self.open_log)

    def specs(self) -> list[ActionSpec]:
        """Return the menu's actions."""
        return [
            ActionSpec(
                "help.guide",
                tr("&Guide"),
                self.open_guide,
                tr("&Help"),
                "",
                "F1",
                tip=tr("The guide, at this tab's chapter"),
            ),
            ActionSpec("help.shortcuts", tr("&Keyboard shortcuts"), self.open_shortcuts, tr("&Help"), "list", "Ctrl+?"),
            ActionSpec("help.next", tr("&What to do next"), self.open_next, tr("&Help"), "play", "Shift+F1"),
            ActionSpec(
                "help.log", tr("Open &log"), self.open_log, tr("&Help"), "list", tip=tr("The program's own log")
            ),
            ActionSpec(
                "help.about", tr("&About FairDesk"), self.open_about, tr("&Help"), tip=tr("Versions and licence")
            ),
        ]

    def open_guide(self) -> None:
        """Show the guide at the chapter of the tab that is shown."""
        if self.guide is None:
            self.guide = GuideWindow(self._window)
        self.guide.show()
        self.guide.raise_()
        self.guide.activateWindow()
        self.guide.show_chapter(self._host.tab_name())

    def open_shortcuts(self) -> None:
        """Show every action with its keys."""
        async_glue.start(async_glue.finished(ShortcutsDialog(self._host.book, self._window)))

    def open_next(self) -> None:
        """Read how far the project is, and show the next step."""
        project = self._host.session.project
        if project is None:
            self._show_next(steps(None))
        else:
            self._host.session.background.read("next", lambda: steps(overview(project)), self._show_next)

    def _show_next(self, found: list[Step]) -> None:
        dialog = NextDialog(found, self._window)
        dialog.wanted.connect(lambda action: async_glue.start(self.do(action)))
        async_glue.start(async_glue.finished(dialog))

    async def do(self, action: str) -> None:
        """Show an action's tab, wait until it has read what it shows, and do it."""
        self._host.show_tab(action.partition(".")[0])
        end = time.monotonic() + _WAIT_S
        while self._host.session.background.busy and time.monotonic() < end:
            await asyncio.sleep(0.02)
        self._host.refresh_actions()
        self._host.book.actions[action].trigger()

    def open_log(self) -> None:
        """Show the end of the program's log."""
        folder = logfile.log_folder()
        path = self.log_path or folder / "fairdesk.log"
        about = tr("{path}\nIt stays on this machine. Job logs are on the cards of the Jobs panel.", path=path)
        text = logfile.tail(path) or tr("The log is empty.")
        dialog = TextDialog(tr("Log"), about, text, self._window, folder=folder)
        async_glue.start(async_glue.finished(dialog))
        dialog.show_end()

    def open_about(self) -> None:
        """Show versions and licence."""
        from fairdesk import __version__

        about = tr(
            "FairDesk {version}: measure and reduce racial bias in face recognition. Licence: Apache 2.0.",
            version=__version__,
        )
        text = "\n".join(logfile.versions()) + "\n\n" + asset("LICENSE").read_text(encoding="utf-8")
        async_glue.start(async_glue.finished(TextDialog(tr("About FairDesk"), about, text, self._window)))

    def close(self) -> None:
        """Close what is open."""
        if self.guide is not None:
            self.guide.close()
