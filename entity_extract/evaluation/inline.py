"""What a page holds inside itself, and the policy by which it asks nothing of anywhere."""

import hashlib
from base64 import b64encode


def data_uri(content: bytes, kind: str) -> str:
    """`content` as a link to itself; kind is its media type, with a charset where it is text."""
    return f"data:{kind};base64,{b64encode(content).decode('ascii')}"


def inline_policy(css: str, js: str) -> str:
    """Content-Security-Policy: what stands in the page itself, by its hash, is applied and runs;
    pictures are those that it holds."""
    return (
        f"default-src 'none'; img-src data:; style-src {_hashed(css)}; script-src {_hashed(js)}; "
        "base-uri 'none'; form-action 'none'"
    )


def _hashed(text: str) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
