"""What products and their packs look like."""
