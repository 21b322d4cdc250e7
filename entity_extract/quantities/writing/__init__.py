"""How languages and scripts write numbers and units, apart from any one domain."""
