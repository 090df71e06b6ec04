"""The images that cells show, as files."""

from __future__ import annotations

import base64
import binascii
import tempfile
from pathlib import Path
from typing import Any, List, Optional

from .kernel_results import IMAGE_SUFFIXES, Chunk, mime_text


class ImageFolder:
    """Writes images into a directory of the caller's, else into a temporary one that is removed
    when it is closed. Made at the first image."""

    def __init__(self, directory: Optional[Path]) -> None:
        self._directory = directory
        self._temporary: Optional[tempfile.TemporaryDirectory[str]] = None
        self._number = 0

    def write(self, shown: List[Chunk]) -> List[Path]:
        """One file for each image, in order; of those that are there already none is overwritten.
        What cannot be decoded is left out. Errors: OSError."""
        files: List[Path] = []
        for chunk in shown:
            for kind, suffix in IMAGE_SUFFIXES.items():
                content = _content(kind, chunk.data.get(kind))
                if content:
                    files.append(self._write_one(suffix, content))
        return files

    def close(self) -> None:
        """Removes the temporary directory."""
        if self._temporary is not None:
            self._temporary.cleanup()
            self._temporary = None

    def _write_one(self, suffix: str, content: bytes) -> Path:
        folder = self._folder()
        while True:
            self._number += 1
            file = folder / f"image-{self._number:03d}{suffix}"
            try:
                with open(file, "xb") as opened:
                    opened.write(content)
                return file
            except FileExistsError:
                continue

    def _folder(self) -> Path:
        if self._directory is not None:
            self._directory.mkdir(parents=True, exist_ok=True)
            return self._directory
        if self._temporary is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="proctor-images-")
        return Path(self._temporary.name)


def _content(kind: str, value: Any) -> bytes:
    if not value:
        return b""
    text = mime_text(value)
    if kind == "image/svg+xml":
        return text.encode("utf-8")
    try:
        return base64.b64decode(text)
    except (binascii.Error, ValueError):
        return b""
