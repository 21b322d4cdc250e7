"""Passwords and keys in what a run says of itself: told by their names, and masked.

A conf file or `--set` may hold credentials under Spark's and Hadoop's own keys. They go to Spark,
and nowhere else: manifests, log lines and messages show MASK in their place.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

MASK: Final = "***"

_ALWAYS: Final = ("secret", "token", "passw", "passphrase", "credential", "signature")
# What a key is of, where it is a secret: `catalog.key`, the columns of a row's identity, is none.
_KEY_OF: Final = re.compile(
    r"(?:access|account|api|encryption|master|private|session|shared|signing|storage)[._-]*key"
)
_KEY_OF_SPARK: Final = re.compile(r"(?:spark|fs)\.(?:.*[._-])?key(?:[._-]|$)")
# A name and its value, as in `-Dname=value`, JSON and Python's own dicts. Each letter of a name is
# looked at once, however long it is.
_NAMED: Final = re.compile(
    r"""(?<![\w.-])(?P<name>[\w.-]+)(?P<to>\s?=\s?["']?|["']:\s?["'])(?P<value>[^\s"',;}&]+)"""
)
_USER_INFO: Final = re.compile(r"://[^\s/@?#\"']*@")
_SHORTEST: Final = 4  # letters; a shorter value would be found in half of all words

_values: set[str] = set()  # of the process: it has one configuration at a time


def is_secret(name: str) -> bool:
    """Whether a configuration key of this name holds what nobody else may read."""
    folded = name.lower()
    return (
        any(part in folded for part in _ALWAYS)
        or _KEY_OF.search(folded) is not None
        or _KEY_OF_SPARK.match(folded) is not None
    )


def remember(settings: Mapping[str, str]) -> None:
    """From now on `masked` knows the secrets among these values, wherever they stand."""
    found = (value for name, value in settings.items() if is_secret(name))
    _values.update(value for value in found if len(value) >= _SHORTEST)


def masked(text: str) -> str:
    """`text` with MASK for each remembered secret, each value that stands behind the name of one,
    and who logs in in a URL."""
    for value in sorted(_values, key=len, reverse=True):
        text = text.replace(value, MASK)
    return _USER_INFO.sub(f"://{MASK}@", _NAMED.sub(_without_value, text))


def masked_tree(content: Any) -> Any:
    """JSON's dicts, lists and texts, with all texts masked, and the values of secret names."""
    if isinstance(content, str):
        return masked(content)
    if isinstance(content, Mapping):
        return {
            name: MASK if isinstance(value, str) and is_secret(name) else masked_tree(value)
            for name, value in content.items()
        }
    if isinstance(content, list | tuple):
        return [masked_tree(item) for item in content]
    return content


def _without_value(found: re.Match[str]) -> str:
    return f"{found['name']}{found['to']}{MASK}" if is_secret(found["name"]) else found[0]
