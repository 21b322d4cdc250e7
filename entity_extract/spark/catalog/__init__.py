"""The catalog as a DataFrame: every row identified, none lost."""
