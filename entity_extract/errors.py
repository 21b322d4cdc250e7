"""The one kind of exception that ends a job with a message instead of a traceback."""


class UserError(Exception):
    """Something the user can mend: configuration, a missing file, an unusable model or catalog.

    Jobs print the message and exit with status 2. Anything else is a bug and keeps its traceback.
    """
