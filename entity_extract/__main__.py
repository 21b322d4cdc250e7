"""`python -m entity_extract`, which is `entity-extract`."""

from entity_extract.commands.main import main

if __name__ == "__main__":
    main()
