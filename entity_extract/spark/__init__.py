"""The only place that imports pyspark: sessions, the lake, stages, distributed training."""
