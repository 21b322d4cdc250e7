"""The catalog's columns as we name them, and what an answer is made from."""

IMAGE_LINK = "image_link"
GROUP_ID = "group_id"
ENTITY_NAME = "entity_name"
ENTITY_VALUE = "entity_value"
SAMPLE_ID = "sample_id"  # the challenge's `index`; renamed since row.index is a tuple method
# What a row asks: the same in each of these, and of catalog.key, is the same row.
QUESTION = (IMAGE_LINK, GROUP_ID, ENTITY_NAME)

# What READ says of a picture, and an answer is made from.
READING = ("status", "reason", "width", "height", "words", "strokes")
