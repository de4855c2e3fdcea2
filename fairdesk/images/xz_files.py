"""Reading xz and lzma data in bounded memory: the file says how much its decoder needs, and may say gigabytes."""

from __future__ import annotations

import io
import lzma
from pathlib import Path

from fairdesk.words import tr

MEMORY = 256 << 20  # bytes that a decoder may take; xz -9 takes 65 MB
_PIECE = 1 << 16


class XzFile(io.RawIOBase):
    """Unpacked data, to be read on from any place; going back means reading from the start."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self._rewind()

    def _rewind(self) -> None:
        self._file.seek(0)
        self._decoder: lzma.LZMADecompressor | None = lzma.LZMADecompressor(memlimit=MEMORY)
        self._at, self._ready, self._used = 0, b"", 0

    def _fill(self) -> bool:
        """Unpack another piece; whether there was any."""
        self._ready, self._used = b"", 0
        while self._decoder is not None and not self._ready:
            if self._decoder.eof:  # another stream may follow, behind zeros
                rest = self._decoder.unused_data.lstrip(b"\0") or self._file.read(_PIECE).lstrip(b"\0")
                self._decoder = lzma.LZMADecompressor(memlimit=MEMORY) if rest else None
            else:
                rest = self._file.read(_PIECE) if self._decoder.needs_input else b""
                if not rest and self._decoder.needs_input:
                    raise EOFError(tr("it is cut off"))
            if self._decoder is None:
                break
            try:
                self._ready = self._decoder.decompress(rest, _PIECE)
            except lzma.LZMAError as error:
                if "limit" in str(error).lower():
                    raise OSError(tr("it asks for more than 256 MB of memory to be unpacked")) from error
                raise
        return bool(self._ready)

    def read(self, size: int = -1, /) -> bytes:
        """Return up to `size` bytes; fewer only at the end."""
        out = []
        left = size if size >= 0 else -1
        while left and (self._used < len(self._ready) or self._fill()):
            end = len(self._ready) if left < 0 else min(len(self._ready), self._used + left)
            out.append(self._ready[self._used : end])
            left -= end - self._used if left > 0 else 0
            self._at += end - self._used
            self._used = end
        return b"".join(out)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a place, from the start or from here."""
        target = offset + (self._at if whence == io.SEEK_CUR else 0)
        if target < self._at - self._used:
            self._rewind()
        elif target < self._at:
            self._used -= self._at - target
            self._at = target
        while self._at < target and self.read(min(target - self._at, 1 << 20)):
            pass
        return self._at

    def tell(self) -> int:
        """Return where the next byte is."""
        return self._at

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
        super().close()
