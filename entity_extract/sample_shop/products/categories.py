"""What the sample shop sells: names, usual sizes and the units each department is used to."""

from dataclasses import dataclass, field

Amounts = tuple[float, ...]
Range = tuple[float, float]


@dataclass(frozen=True)
class Category:
    """A department. `group_id` is its code in the catalog.

    `measures`: entity -> unit -> usual amounts, the habitual unit first. `size`: width, depth and
    height in inches, from and to. `packs` name drawings in packs.py, any of which will do; `shapes`
    those in shapes.py: one for each noun, or one for all.
    """

    group_id: int
    nouns: tuple[str, ...]
    variants: tuple[str, ...]
    claims: tuple[str, ...]
    measures: dict[str, dict[str, Amounts]] = field(default_factory=dict)
    size: tuple[Range, Range, Range] | None = None
    size_units: tuple[str, ...] = ("inch", "inch", "centimetre")
    packs: tuple[str, ...] = ()
    shapes: tuple[str, ...] = ()
    counts: tuple[str, ...] = ()
    dual: float = 0.5  # how often both systems are printed
    metric_label: bool = False  # which of the two the label then takes


CATEGORIES = (
    Category(
        104218, ("Magnesium Glycinate", "Vitamin C Complex", "Ashwagandha Root", "Zinc Picolinate",
                 "L-Theanine", "Turmeric Curcumin"),
        ("High Potency", "Extra Strength", "Daily Support", "Vegan Formula"),
        ("Non-GMO", "Gluten Free", "Third-Party Tested", "No Fillers", "99% Pure"),
        {"item_weight": {"milligram": (100, 200, 250, 400, 500, 600, 750, 1000, 1300),
                         "gram": (1, 1.5, 2), "microgram": (500, 800, 1000)}},
        packs=("jar", "jar", "bottle"), dual=0.0,
        counts=("60 Capsules", "90 Tablets", "120 Veggie Caps", "30 Servings", "180 Softgels"),
    ),
    Category(
        104377, ("Whey Protein", "Plant Protein", "Collagen Peptides", "Mass Gainer"),
        ("Double Chocolate", "Vanilla Bean", "Unflavored", "Strawberry Cream"),
        ("24g Protein", "5g BCAA", "0g Sugar", "Keto Friendly", "30 Servings"),
        {"item_weight": {"pound": (1, 1.5, 2, 2.5, 4, 5), "kilogram": (0.5, 1, 2, 2.27),
                         "ounce": (16, 20, 32)}},
        packs=("pouch", "jar", "tin"), dual=0.6, counts=("28 Servings", "1 Scoop Inside"),
    ),
    Category(
        120561, ("Sea Salt Popcorn", "Kettle Chips", "Trail Mix", "Roasted Almonds",
                 "Rice Crackers", "Banana Bites"),
        ("Sea Salt", "Honey BBQ", "Smoked Paprika", "Original", "Sweet & Salty"),
        ("Gluten Free", "Baked Not Fried", "5g Protein", "No Palm Oil", "100% Natural"),
        {"item_weight": {"ounce": (1, 1.5, 2.25, 4, 5.5, 7, 8, 9.25, 12, 16),
                         "gram": (28, 40, 75, 100, 150, 200, 250)}},
        packs=("pouch", "pouch", "box"), dual=0.75, counts=("12 Pack", "Family Size", "6 Bags"),
    ),
    Category(
        120733, ("Green Tea", "English Breakfast", "Chamomile Flowers", "Masala Chai", "Matcha"),
        ("Loose Leaf", "Ceremonial Grade", "With Lemongrass", "Decaf"),
        ("USDA Organic", "Fair Trade", "Est. 1924", "Hand Picked", "55mg Caffeine"),
        {"item_weight": {"gram": (30, 40, 50, 75, 100, 125, 200, 250), "ounce": (1.4, 2, 3.5)}},
        packs=("tin", "box", "pouch"), dual=0.5, counts=("20 Tea Bags", "50 Cups", "25 Sachets"),
        metric_label=True,
    ),
    Category(
        120902, ("Smoked Paprika", "Ground Cumin", "Black Pepper", "Cinnamon Sticks", "Pink Salt"),
        ("Freshly Ground", "Single Origin", "Kitchen Essential"),
        ("No Additives", "Steam Treated", "Vegan", "Kosher"),
        {"item_weight": {"ounce": (1.3, 1.75, 2, 2.5, 3.5, 6.5), "gram": (35, 50, 80, 100, 450)}},
        packs=("jar", "tin", "pouch"), dual=0.7,
    ),
    Category(
        131045, ("Sparkling Water", "Cold Brew Coffee", "Orange Juice", "Ginger Kombucha",
                 "Coconut Water", "Energy Drink"),
        ("Lime Zest", "Blood Orange", "Unsweetened", "Wild Berry", "Zero Sugar"),
        ("0 Calories", "100% Juice", "140mg Caffeine", "No Preservatives", "Since 1987"),
        {"item_volume": {"fluid ounce": (8, 8.4, 10, 11.2, 12, 16, 16.9, 32),
                         "millilitre": (200, 250, 330, 355, 500), "litre": (1, 1.5, 2)}},
        packs=("bottle", "can", "can"), dual=0.7, counts=("Pack of 12", "24 Cans"),
    ),
    Category(
        142290, ("Repair Shampoo", "Body Lotion", "Shower Gel", "Argan Conditioner", "Hand Wash"),
        ("Coconut & Aloe", "Lavender", "Tea Tree", "Ocean Mist", "Oat Milk"),
        ("Sulfate Free", "Cruelty Free", "pH 5.5", "48h Moisture", "97% Natural"),
        {"item_volume": {"fluid ounce": (3.4, 8, 10.1, 12, 13.5, 16, 25.4),
                         "millilitre": (100, 200, 250, 400, 500)}},
        packs=("bottle", "pump", "pump"), dual=0.8,
    ),
    Category(
        142418, ("Peppermint Oil", "Vitamin C Serum", "Rosehip Oil", "Lavender Oil", "Eye Serum"),
        ("Pure & Natural", "Night Repair", "Therapeutic Grade", "20% Actives"),
        ("100% Pure", "Cold Pressed", "Vegan", "Dermatologist Tested"),
        {"item_volume": {"millilitre": (5, 10, 15, 30, 50, 60, 120),
                         "fluid ounce": (0.5, 1, 2, 4)}},
        packs=("dropper", "dropper", "box"), dual=0.5, metric_label=True,
    ),
    Category(
        210340, ("Corner Shelf", "Ladder Shelf", "Bookcase", "Storage Cabinet", "Shoe Rack"),
        ("3-Tier", "Rustic Brown", "White Oak", "Industrial", "5-Tier"),
        ("Easy Assembly", "Anti-Tip Kit", "E1 Grade Board", "2-Year Warranty"),
        {"item_weight": {"pound": (12.5, 18, 24.6, 32, 41)},
         "maximum_weight_recommendation": {"pound": (33, 44, 50, 88, 110),
                                           "kilogram": (15, 20, 50)}},
        size=((16, 48), (7, 16), (24, 72)),
        shapes=("shelf", "shelf", "shelf", "cabinet", "shelf"), dual=0.45,
    ),
    Category(
        210415, ("Side Table", "Coffee Table", "Writing Desk", "Console Table", "Nightstand"),
        ("Walnut", "Black Metal", "Mid-Century", "Farmhouse"),
        ("Scratch Resistant", "Water Resistant", "Solid Wood Legs"),
        {"maximum_weight_recommendation": {"pound": (66, 110, 150, 200, 220),
                                           "kilogram": (40, 80)}},
        size=((16, 55), (14, 24), (18, 31)),
        shapes=("table", "table", "desk", "table", "cabinet"), dual=0.45,
    ),
    Category(
        210588, ("Bar Stool", "Folding Chair", "Office Chair", "Step Stool", "Camping Chair"),
        ("Set of 2", "Ergonomic", "Heavy Duty", "Portable"),
        ("Breathable Mesh", "360° Swivel", "Rust Proof", "No Tools"),
        {"maximum_weight_recommendation": {"pound": (225, 250, 264, 300, 330, 400, 500),
                                           "kilogram": (100, 120, 150)},
         "item_weight": {"pound": (6.6, 8.5, 11, 15.4, 22)}},
        size=((14, 27), (14, 26), (18, 45)),
        shapes=("stool", "chair", "chair", "stool", "chair"), dual=0.4,
    ),
    Category(
        223017, ("Table Lamp", "Desk Lamp", "Pendant Light", "Bedside Lamp"),
        ("Linen Shade", "Brushed Brass", "Dimmable", "Matte Black"),
        ("E26 Base", "3 Color Modes", "UL Listed", "50,000 Hours"),
        {"wattage": {"watt": (5, 7, 9, 12, 40, 60)}, "voltage": {"volt": (5, 12, 110, 120)}},
        size=((5, 14), (5, 14), (10, 26)),
        shapes=("lamp", "lamp", "pendant", "lamp"), dual=0.6,
    ),
    Category(
        231204, ("Coffee Mug", "Travel Tumbler", "Soup Bowl", "Flower Vase", "Coffee Cup"),
        ("Stoneware", "Double Wall", "Speckled", "Handmade"),
        ("BPA Free", "Dishwasher Safe", "Keeps Cold 24h", "Lead Free"),
        {"item_volume": {"fluid ounce": (11, 12, 15, 16, 20, 24, 32, 40),
                         "millilitre": (300, 350, 450, 600)}},
        size=((2.8, 6), (2.8, 6), (3.2, 11)), size_units=("inch", "centimetre", "centimetre"),
        shapes=("mug", "tumbler", "bowl", "vase", "tumbler"), dual=0.65, metric_label=True,
    ),
    Category(
        245660, ("Travel Backpack", "Canvas Tote", "Gym Duffel", "Cabin Suitcase", "Laptop Bag"),
        ("Waterproof", "Carry-On", "Vintage", "Expandable"),
        ("USB Port", "YKK Zippers", "Fits 15.6 Laptop", "TSA Approved"),
        {"item_weight": {"pound": (1.1, 1.8, 2.4, 5.9, 7.2), "kilogram": (0.65, 0.9, 2.8)},
         "item_volume": {"litre": (18, 22, 28, 35, 40, 55)}},
        size=((10, 19), (4.5, 11), (14, 26)),
        shapes=("backpack", "tote", "tote", "suitcase", "backpack"), dual=0.7,
    ),
    Category(
        256031, ("Wall Clock", "Picture Frame", "Round Mirror", "Canvas Print", "Chalkboard Sign"),
        ("Silent Non-Ticking", "Rustic", "Gold Trim", "Frameless"),
        ("Ready to Hang", "Shatterproof", "Gift Idea"),
        {"item_weight": {"pound": (1.5, 2.2, 4), "gram": (350, 480, 900)}},
        size=((6, 36), (0.5, 2), (8, 36)),
        shapes=("clock", "picture", "clock", "picture", "picture"), dual=0.7,
    ),
    Category(
        256199, ("Area Rug", "Yoga Mat", "Throw Blanket", "Beach Towel", "Table Runner"),
        ("Boho Stripes", "Non-Slip", "Soft Fleece", "Quick Dry"),
        ("Machine Washable", "300 GSM", "OEKO-TEX", "Pet Friendly"),
        {"item_weight": {"pound": (1.9, 2.5, 3.3), "gram": (300, 450, 850)}},
        size=((20, 60), (60, 96), (0.25, 0.5)), shapes=("rug",), dual=0.3,
    ),
    Category(
        268870, ("Pendant Charm", "Enamel Pin", "Brass Drawer Knob", "Cabinet Pull", "Keychain"),
        ("Sterling Silver", "Antique Bronze", "Pack of 10", "Rose Gold"),
        ("Nickel Free", "Screws Included", "925 Stamp"),
        {"item_weight": {"gram": (1.6, 3.2, 4.5, 8.1, 12, 26)}},
        size=((0.4, 4), (0.2, 1.1), (0.5, 2.5)), size_units=("millimetre", "millimetre", "inch"),
        shapes=("charm", "charm", "knob", "knob", "charm"), dual=0.5, metric_label=True,
    ),
    Category(
        312406, ("Laptop Charger", "Wall Adapter", "Battery Charger", "LED Driver", "USB Charger"),
        ("Fast Charge", "Slim", "Universal", "GaN"),
        ("Over-Current Protection", "CE FCC RoHS", "18-Month Warranty", "6.5 ft Cord"),
        {"voltage": {"volt": (5, 9, 12, 15, 19, 19.5, 20, 24, 36)},
         "wattage": {"watt": (18, 20, 30, 45, 60, 65, 90, 100, 120)}},
        shapes=("adapter",),
    ),
    Category(
        312587, ("LED Bulb", "Globe Bulb", "Grow Light"),
        ("Warm White 2700K", "Daylight 5000K", "Dimmable", "Smart WiFi"),
        ("800 Lumens", "15,000 Hours", "CRI 90+", "Saves 85%", "IP65"),
        {"wattage": {"watt": (5, 7, 8.5, 9, 10, 13, 15, 60, 75, 100, 150)},
         "voltage": {"volt": (12, 24, 110, 120, 220)}},
        packs=("box",), shapes=("bulb",), counts=("4 Pack", "Pack of 6"),
    ),
    Category(
        325149, ("Electric Kettle", "Toaster Oven", "Air Fryer", "Space Heater", "Tea Kettle"),
        ("Rapid Heat", "Variable Temp", "Digital", "Compact"),
        ("Auto Shut-Off", "304 Stainless", "LED Display", "2-Year Warranty"),
        {"wattage": {"watt": (300, 600, 800, 1000, 1200, 1500, 1800, 2200), "kilowatt": (1.5, 2.2)},
         "voltage": {"volt": (110, 120, 220, 230)},
         "item_volume": {"litre": (0.8, 1, 1.5, 1.7, 1.8, 3.5), "quart": (4, 5.3, 6)}},
        size=((6, 13), (6, 12), (8, 16)),
        shapes=("kettle", "appliance", "appliance", "appliance", "kettle"), dual=0.25,
    ),
    Category(
        338052, ("Li-Ion Battery", "Jump Starter", "Power Pack", "Solar Panel"),
        ("Slim", "Max Power", "Pro Series", "2.0Ah"),
        ("LED Work Light", "1500 Cycles", "Model 2023", "IP54"),
        {"voltage": {"volt": (3.7, 7.2, 7.4, 12, 14.4, 18, 20, 36)},
         "wattage": {"watt": (100, 200, 350, 500)},
         "item_weight": {"pound": (2.4, 3.1, 4.6), "kilogram": (1.1, 1.45, 2.1)}},
        shapes=("battery", "battery", "battery", "panel"), packs=("box",),
    ),
    Category(
        351776, ("Dumbbell", "Kettlebell", "Weight Plate"),
        ("Hex Rubber", "Vinyl Coated", "Cast Iron", "Adjustable"),
        ("Non-Slip Grip", "Home Gym", "Set of 2", "Floor Safe"),
        {"item_weight": {"pound": (2, 3, 5, 8, 10, 12, 15, 20, 25, 35, 45, 50),
                         "kilogram": (1, 2, 4, 8, 10, 16, 20)}},
        shapes=("dumbbell", "kettlebell", "plate"), dual=0.35,
    ),
    Category(
        351940, ("Weight Bench", "Body Scale", "Plyo Step", "Bathroom Scale"),
        ("Compact", "Heavy Duty", "Adjustable", "Premium"),
        ("Q235 Steel", "Non-Slip Feet", "Tool-Free"),
        {"maximum_weight_recommendation": {"pound": (110, 220, 300, 330, 396, 440, 600, 800),
                                           "kilogram": (50, 100, 150, 180)},
         "item_weight": {"pound": (3.9, 9, 28, 36)}},
        size=((10, 26), (11, 30), (2, 20)),
        shapes=("bench", "scale", "bench", "scale"), dual=0.5,
    ),
)  # fmt: skip
