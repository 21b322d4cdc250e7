"""The command `entity-extract`: options, and the work of each subcommand; jobs/ are the same for
spark-submit. What is asked for by --help alone loads no library that works."""
