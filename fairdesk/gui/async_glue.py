"""qasync's one place: flows that ask, wait and continue. Dialogs are opened and awaited, never exec()uted."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from PySide6.QtWidgets import QDialog, QFileDialog, QMessageBox, QWidget

_tasks: set[asyncio.Task[Any]] = set()


def start(flow: Coroutine[Any, Any, Any]) -> None:
    """Start a flow and keep it alive to its end."""
    task = asyncio.get_event_loop().create_task(flow)
    _tasks.add(task)
    task.add_done_callback(_ended)


def _ended(task: asyncio.Task[Any]) -> None:
    _tasks.discard(task)
    if not task.cancelled() and task.exception() is not None:
        asyncio.get_event_loop().call_exception_handler(
            {"message": "a flow of the window failed", "exception": task.exception()}
        )


async def finished(dialog: QDialog) -> int:
    """Open a dialog and wait for its result."""
    future: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def done(result: int) -> None:
        if not future.done():
            future.set_result(result)

    dialog.finished.connect(done)
    dialog.open()
    try:
        return await future
    finally:
        dialog.deleteLater()


async def ask(
    parent: QWidget, title: str, text: str, buttons: list[str], detail: str = "",
    *, harmful: bool = False, default: str | None = None,
) -> str | None:  # fmt: skip
    """Ask a question with named buttons; returns the one pressed, None if it was dismissed.

    Return presses the first button, or `default`, and Cancel where what is asked for is `harmful`.
    """
    box = QMessageBox(parent)
    box.setWindowTitle(title)
    box.setText(text)
    box.setInformativeText(detail)
    made = {box.addButton(name, QMessageBox.ButtonRole.ActionRole): name for name in buttons}
    cancel = box.addButton(QMessageBox.StandardButton.Cancel)
    box.setEscapeButton(cancel)
    first = next(button for button, name in made.items() if name == (default or buttons[0]))
    box.setDefaultButton(cancel if harmful else first)  # type: ignore[call-overload]
    await finished(box)
    return next((name for button, name in made.items() if button is box.clickedButton()), None)


async def choose_folder(parent: QWidget, title: str) -> str | None:
    """Let a person choose a folder."""
    dialog = QFileDialog(parent, title)
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    accepted = await finished(dialog) == QDialog.DialogCode.Accepted
    return dialog.selectedFiles()[0] if accepted else None


async def choose_file(parent: QWidget, title: str, kinds: str, *, save: str | None = None) -> str | None:
    """Let a person choose a file to open, or with `save` (its suffix) to write."""
    dialog = QFileDialog(parent, title, "", kinds)
    if save is not None:
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(save)
    else:
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    accepted = await finished(dialog) == QDialog.DialogCode.Accepted
    return dialog.selectedFiles()[0] if accepted else None
