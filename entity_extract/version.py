"""This package's version, for all who write down what made a thing."""

__version__ = "0.1.0"
