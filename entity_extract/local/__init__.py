"""`enrich` on one machine, without Spark and Java: the same lake, the same answers."""
