"""The model as it predicts: no training library is imported from here."""
