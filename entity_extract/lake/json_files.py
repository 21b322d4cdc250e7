"""JSON in files of a lake, however these are read and written."""

import json
from typing import Any

from entity_extract.lake.files import standing


class JsonFiles:
    """For who can read and write a file of text; paths are relative to the lake's root."""

    def read_text(self, path: str) -> str | None:
        """None where there is no such file."""
        raise NotImplementedError

    def write_text(self, path: str, text: str) -> None:
        """Replaces the file in one step: a reader finds the old text or the new one, whole."""
        raise NotImplementedError

    def write_json(self, path: str, content: Any) -> None:
        self.write_text(path, json.dumps(content, indent=1, sort_keys=True))

    def read_json(self, path: str) -> Any | None:
        """None where there is no such file. Raises ValueError where it holds no JSON."""
        text = standing(path, self.read_text)
        return None if text is None else json.loads(text)
