"""What a model of MLflow's is named by, where a folder is named else. Loads nothing."""

from typing import Final

MODEL_URIS: Final = ("models:/", "runs:/")
