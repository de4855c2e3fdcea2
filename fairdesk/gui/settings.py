"""What the window remembers between starts: geometry, theme, recent projects, last values of forms."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray, QSettings

MOST_RECENT = 12


class Settings:
    """A thin, typed layer over QSettings."""

    def __init__(self) -> None:
        self._store = QSettings("FairDesk", "FairDesk")

    def recent(self) -> list[Path]:
        """Projects opened lately that still exist, newest first."""
        return [Path(p) for p in self._json("recent", []) if (Path(p) / "catalog.sqlite").exists()]

    def add_recent(self, project: Path) -> None:
        """Put a project at the head of the recent ones."""
        paths = [str(project), *(str(p) for p in self.recent() if p != project)]
        self._store.setValue("recent", json.dumps(paths[:MOST_RECENT]))

    def theme(self) -> str:
        """ "light", "dark" or "system"."""
        value = str(self._store.value("theme", "system"))
        return value if value in ("light", "dark", "system") else "system"

    def set_theme(self, name: str) -> None:
        """Keep the theme."""
        self._store.setValue("theme", name)

    def bytes(self, key: str) -> QByteArray | None:
        """Return a kept geometry or state."""
        value = self._store.value(f"layout/{key}")
        return value if isinstance(value, QByteArray) else None

    def set_bytes(self, key: str, value: QByteArray) -> None:
        """Keep a geometry or state."""
        self._store.setValue(f"layout/{key}", value)

    def number(self, key: str, default: int) -> int:
        """Return a kept whole number."""
        try:
            return int(str(self._store.value(key, default)))
        except ValueError:
            return default

    def set_number(self, key: str, value: int) -> None:
        """Keep a whole number."""
        self._store.setValue(key, value)

    def form(self, kind: str) -> dict[str, Any]:
        """Return the values a person last used in a job's form."""
        values = self._json(f"form/{kind}", {})
        return values if isinstance(values, dict) else {}

    def set_form(self, kind: str, values: dict[str, Any]) -> None:
        """Keep the values of a job's form."""
        self._store.setValue(f"form/{kind}", json.dumps(values))

    def presets(self, kind: str) -> dict[str, dict[str, Any]]:
        """Return the values of a job's form that are kept under names."""
        kept = self._json(f"preset/{kind}", {})
        return (
            {str(name): values for name, values in kept.items() if isinstance(values, dict)}
            if isinstance(kept, dict)
            else {}
        )

    def set_preset(self, kind: str, name: str, values: dict[str, Any] | None) -> None:
        """Keep values under a name, or forget that name (None)."""
        kept = self.presets(kind)
        kept.pop(name, None)
        if values is not None:
            kept[name] = values
        self._store.setValue(f"preset/{kind}", json.dumps(dict(sorted(kept.items())), default=str))

    def _json(self, key: str, default: Any) -> Any:
        try:
            return json.loads(str(self._store.value(key, json.dumps(default))))
        except ValueError:
            return default

    def sync(self) -> None:
        """Write everything now."""
        self._store.sync()
