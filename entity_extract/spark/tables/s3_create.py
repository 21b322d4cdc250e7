"""An object of S3 that was not there before, through the client of Hadoop's S3A.

S3A 3.3 looks whether there is an object before it writes one; its own conditional writing came with
Hadoop 3.4. S3 itself knows `If-None-Match: *` (since 2024; MinIO and others, too), and the client
sends the headers that it is given.
"""

import time
from typing import Any

from py4j.protocol import Py4JError, Py4JJavaError

_REFUSED, _AT_THE_SAME_TIME, _UNKNOWN = 412, 409, 501
_TRIES, _PAUSE_S = 5, 0.2


class S3Create:
    """With the credentials, the server and the encryption that S3A has been told."""

    def __init__(self, fs: Any, client: Any, jvm: Any) -> None:
        self._fs, self._client, self._jvm = fs, client, jvm

    @classmethod
    def of(cls, fs: Any, jvm: Any) -> "S3Create | None":
        """None where `fs` is no S3A, or one without this client (version 2 of AWS's library)."""
        try:
            client = fs.getAmazonS3ClientForTesting("to create an object once")
        except Py4JError:  # it has no such method
            return None
        return cls(fs, client, jvm)

    def create(self, path: Any, content: bytes) -> bool | None:
        """False where there is an object of that name; None, and nothing written, where the server
        says that it knows no such condition. Raises Py4JJavaError."""
        for attempt in range(_TRIES):
            try:
                self._client.putObject(self._request(path, content))
            except Py4JJavaError as err:
                status = getattr(err.java_exception, "getStatusCode", lambda: None)()
                if status in (_REFUSED, _UNKNOWN):
                    return False if status == _REFUSED else None
                if status != _AT_THE_SAME_TIME or attempt == _TRIES - 1:
                    raise
                time.sleep(_PAUSE_S)  # S3 decides between two requests, and says to ask again
            else:
                return True
        raise AssertionError("unreachable")

    def _request(self, path: Any, content: bytes) -> Any:
        requests = self._fs.getRequestFactory()
        stream = self._jvm.java.io.ByteArrayInputStream(content)
        about = requests.newObjectMetadata(len(content))
        request = requests.newPutObjectRequest(self._fs.pathToKey(path), about, stream)
        request.putCustomRequestHeader("If-None-Match", "*")
        return request
