"""Cut the fonts of the PDF report out of a pinned public package: `src/skydas/outputs/_fonts`.

Run it in an environment of its own, beside a folder that holds the npm package:

    npm install --prefix /tmp/fonts dejavu-fonts-ttf@2.37.3
    pip install fonttools==4.68.0
    python tools/report_fonts.py /tmp/fonts/node_modules/dejavu-fonts-ttf src/skydas/outputs/_fonts

Latin, Greek, Cyrillic, punctuation, arrows and signs stay; hinting and layout tables, which a PDF does not use, go.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from fontTools import subset  # type: ignore[import-not-found]

NAMES = ("DejaVuSans", "DejaVuSans-Bold")
BLOCKS = (
    (0x0020, 0x007E), (0x00A0, 0x024F), (0x0370, 0x03FF), (0x0400, 0x04FF), (0x1E00, 0x1EFF), (0x2010, 0x2044),
    (0x2070, 0x209F), (0x20A0, 0x20BF), (0x2100, 0x214F), (0x2190, 0x21FF), (0x2200, 0x22FF), (0x25A0, 0x25FF),
    (0xFFFD, 0xFFFD),
)  # fmt: skip


def main() -> None:
    """Write the fonts and their licence into the folder named on the command line."""
    package, target = Path(sys.argv[1]), Path(sys.argv[2])
    characters = [character for first, last in BLOCKS for character in range(first, last + 1)]
    options = subset.Options(hinting=False, layout_features=[], notdef_outline=True, recalc_timestamp=False)
    for name in NAMES:
        font = subset.load_font(str(package / "ttf" / f"{name}.ttf"), options)
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=characters)
        cutter.subset(font)
        subset.save_font(font, str(target / f"{name}.ttf"), options)
    shutil.copy(package / "LICENSE", target / "LICENSE.txt")


if __name__ == "__main__":
    main()
