"""OpenLineage's client, where it is installed: it is asked for only where [lineage] says so."""

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from entity_extract.config import LineageConfig
from entity_extract.config.secrets import masked
from entity_extract.errors import UserError
from entity_extract.lineage.parent import parent_of
from entity_extract.version import __version__

if TYPE_CHECKING:
    from openlineage.client import OpenLineageClient
    from openlineage.client.transport import Transport

PRODUCER: Final = f"pkg:pypi/entity-extract@{__version__}"  # the package's URL, as purl has it
_CONSOLE: Final = "console"


def check_lineage(config: LineageConfig) -> None:
    """Before Spark starts. Raises UserError where events are wanted and could go nowhere."""
    if config.wanted:
        if config.file is not None:
            _check_file(Path(config.file))
        parent_of(os.environ)
        client_of(config).close()


def client_of(config: LineageConfig) -> "OpenLineageClient":
    """The client, which has asked nothing of any server yet. What else its own settings name, as
    tags and filters, counts too. Raises UserError."""
    try:
        from openlineage.client import OpenLineageClient, set_producer
    except ImportError:
        message = 'OpenLineage is not installed: pip install "entity-extract[openlineage]"'
        raise UserError(message) from None
    # What goes wrong is said once, by us; a console is asked for by name.
    logging.getLogger("openlineage").setLevel(logging.ERROR)
    logging.getLogger("openlineage.client.transport.console").setLevel(logging.INFO)
    set_producer(PRODUCER)
    try:
        client = OpenLineageClient(transport=_transport(config))
        told = (client.config.transport or {}).get("type")
    except Exception as err:  # a transport may be anybody's
        raise UserError(f"[lineage], the settings of OpenLineage: {masked(str(err))}") from err
    if client.transport.kind == _CONSOLE and told != _CONSOLE:
        raise UserError(
            "lineage.enabled: where to? Set lineage.url or lineage.file, OPENLINEAGE_URL, or "
            "OPENLINEAGE_CONFIG to an openlineage.yml"
        )
    return client


def _transport(config: LineageConfig) -> "Transport | None":
    """None: by the client's own settings."""
    from openlineage.client.transport.file import FileConfig, FileTransport
    from openlineage.client.transport.http import HttpConfig, HttpTransport

    if os.environ.get("OPENLINEAGE_DISABLED", "").strip().lower() == "true":
        return None
    if config.file is not None:
        return FileTransport(FileConfig(log_file_path=config.file, append=True))
    if config.url is None:
        return None
    named: dict[str, object] = {
        "url": config.url,
        "timeout": config.timeout_s,
        "retry": {"total": 0},  # each would take as long again, and warn
    }
    if key := os.environ.get("OPENLINEAGE_API_KEY"):
        named["auth"] = {"type": "api_key", "apiKey": key}
    return HttpTransport(HttpConfig.from_dict(named))


def _check_file(path: Path) -> None:
    folder = path.absolute().parent
    if path.is_dir():
        raise UserError(f"lineage.file {path}: it is a folder")
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        raise UserError(f"lineage.file {path}: {folder} is no folder to write to")
