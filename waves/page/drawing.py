# SPDX-License-Identifier: Apache-2.0
"""What the pictures have in common: an SVG whose colours are the page's (style.css), by class."""
import svgwrite


def canvas(width, height, title):
    d = svgwrite.Drawing(size=(f"{width}px", f"{height}px"), debug=False)
    d.viewbox(0, 0, width, height)
    d.set_desc(title=title)
    return d


def text(d, words, x, y, kind, anchor="start"):
    d.add(d.text(words, insert=(x, y), class_=kind, text_anchor=anchor))


def box(d, x, y, width, height, kind):
    d.add(d.rect((x, y), (width, height), rx=4, class_=kind))


def arrow(d, x, top, bottom, kind="line"):
    d.add(d.path(f"M{x} {top}V{bottom}m-4 -6l4 6l4 -6", class_=kind))
