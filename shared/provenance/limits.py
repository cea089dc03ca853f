"""How much of a file's own words is read: what lies beyond is as if it were not there."""

MOST_BLOCKS = 64
"""Blocks of metadata in one file, of all kinds together."""

BLOCK_BYTES = 1 << 20
"""Of one block, after decompression."""

TOTAL_BYTES = 4 << 20
"""Of all blocks of a file together, after decompression."""

MOST_STEPS = 100_000
"""Segments, chunks, boxes or sub-blocks walked over: about 0.1 s at worst."""

XML_DEPTH = 24
"""Levels of an XMP packet; a real one has about eight."""

XML_ELEMENTS = 4000
"""Elements of an XMP packet; Photoshop's history may make hundreds."""

TIFF_ENTRIES = 256
"""Entries of one EXIF directory; a camera writes about forty."""

JSON_BYTES = 512 << 10
"""Of a text that is read as JSON; a large ComfyUI workflow has 200 kB."""
