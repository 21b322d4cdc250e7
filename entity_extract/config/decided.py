"""What configuration decides of a picture's fate: a fingerprint per status, and advice in words."""

import hashlib
import json
from collections.abc import Mapping
from shlex import quote

from pydantic import BaseModel

from entity_extract.config.sections import Config
from entity_extract.status import Retry, Status

_DIGITS = 12


def fingerprints(config: Config) -> Mapping[Status, str]:
    """Of each status that configuration decides, a hash of what its keys say now: as hex digits."""
    return {
        status: hashlib.sha256(
            json.dumps([_value(config, key) for key in status.keys]).encode()
        ).hexdigest()[:_DIGITS]
        for status in Status
        if status.keys
    }


def _value(config: Config, key: str) -> object:
    section, name = key.split(".")
    return getattr(config, section).model_dump(mode="json")[name]


def _default(key: str) -> object:
    section, name = key.split(".")
    model: type[BaseModel] = Config.model_fields[section].annotation  # type: ignore[assignment]
    return model.model_fields[name].default


def advice(status: Status, reason: str, lake: str) -> str:
    """What one can do about pictures of this status, in one line: the key to set, or the command to
    run. `lake` is its root, as typed. "" where there is nothing to do."""
    named = [key for key in status.keys if key in reason]
    if named:
        value = "true" if _default(named[0]) is False else "…"
        return f"--set {named[0]}={value}, and the same command asks again"
    if not status.remedy:
        return ""
    remedy = status.remedy
    for key in status.keys:
        if _default(key) is False:
            remedy = remedy.replace(f"`{key}`", f"--set {key}=true")
    remedy = remedy.replace("`", "")
    forget = f"entity-extract vacuum --lake {quote(lake)} --retry {status}"
    if status.retry in (Retry.AT_ONCE, Retry.LATER):
        return f"{remedy}: the same command asks up to fetch.max_attempts times; then {forget}"
    if status.keys:
        return f"{remedy}; once that key is another, the same command asks again"
    if status.retry is Retry.ON_REQUEST:
        return f"{remedy}; to ask again: {forget}"
    return remedy
