"""All silhouettes by name."""

from collections.abc import Callable

from entity_extract.sample_shop.drawing.canvas import Canvas
from entity_extract.sample_shop.drawing.placing import Box
from entity_extract.sample_shop.products.products import Palette
from entity_extract.sample_shop.shapes import furniture, hardware, homeware
from entity_extract.sample_shop.shapes.furniture import DepthLine

# Draws into the box; returns the line along which the depth shows, where it does.
Shape = Callable[[Canvas, Box, Palette], DepthLine | None]

SHAPES: dict[str, Shape] = {
    "shelf": furniture.shelf,
    "cabinet": furniture.cabinet,
    "table": furniture.table,
    "desk": furniture.desk,
    "stool": furniture.stool,
    "chair": furniture.chair,
    "bench": furniture.bench,
    "appliance": furniture.appliance,
    "lamp": homeware.lamp,
    "pendant": homeware.pendant,
    "mug": homeware.mug,
    "tumbler": homeware.tumbler,
    "bowl": homeware.bowl,
    "vase": homeware.vase,
    "backpack": homeware.backpack,
    "tote": homeware.tote,
    "suitcase": homeware.suitcase,
    "clock": homeware.clock,
    "picture": homeware.picture,
    "rug": homeware.rug,
    "knob": homeware.knob,
    "charm": homeware.charm,
    "adapter": hardware.adapter,
    "bulb": hardware.bulb,
    "kettle": hardware.kettle,
    "battery": hardware.battery,
    "panel": hardware.panel,
    "dumbbell": hardware.dumbbell,
    "kettlebell": hardware.kettlebell,
    "plate": hardware.plate,
    "scale": hardware.scale,
}
