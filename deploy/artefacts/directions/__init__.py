"""The network that tells which way the dimension line beside a text runs, made from drawings."""
