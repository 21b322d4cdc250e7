"""`entity-extract tune` as a file, for spark-submit and `python -m`."""

import sys

from entity_extract.commands.main import main

if __name__ == "__main__":
    main(["tune", *sys.argv[1:]])
