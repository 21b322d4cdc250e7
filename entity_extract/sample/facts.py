"""Names under which quantities stand in tables and on infographics, and facts to confuse them."""

from entity_extract.sample.dice import Dice
from entity_extract.sample.products import Product

CAPTIONS = {
    "width": ("Width", "Product width", "W"),
    "depth": ("Depth", "Length", "Item depth"),
    "height": ("Height", "Item height", "H"),
    "item_weight": ("Weight", "Item weight", "Net weight", "N.W."),
    "maximum_weight_recommendation": ("Max load", "Weight capacity", "Load limit", "Bears up to"),
    "voltage": ("Voltage", "Input voltage", "Rated voltage"),
    "wattage": ("Power", "Rated power", "Wattage"),
    "item_volume": ("Capacity", "Volume", "Tank capacity"),
}
_OTHER = (
    ("Material", ("ABS + PC", "Powder-coated steel", "Stainless 304", "Recycled 65%")),
    ("Color", ("Matte black", "Walnut", "Ivory", "Forest green")),
    ("Warranty", ("24 months", "1 year", "36 months")),
    ("Release year", ("2021", "2022", "2023")),
    ("Package", ("1 x unit, 1 x manual", "2 pcs", "1 pc + 4 screws")),
    ("Origin", ("Portugal", "Made in China", "Vietnam")),
)
_ELECTRICAL = (
    ("Temperature", ("-10 to 45 °C", "0-100 °C")),
    ("Frequency", ("50/60 Hz", "60 Hz")),
    ("Certificate", ("CE, RoHS", "ISO 9001", "UL E352110")),
    ("Noise", ("< 45 dB", "38 dB")),
)


def other_facts(product: Product, dice: Dice, n: int) -> list[tuple[str, str]]:
    """`n` rows that answer no question: a model number, a year, a material."""
    known = _OTHER + (_ELECTRICAL if "voltage" in product.printed else ())
    facts = [("Model", product.model), ("Brand", product.brand)]
    facts += [(name, dice.pick(values)) for name, values in known]
    return dice.several(facts, n)
