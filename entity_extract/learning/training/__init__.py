"""From labelled rows to a model: split, folds, fitting, calibration, card."""
