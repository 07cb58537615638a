#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""ringwalk mmu|iommu --rtl DIR: builds the block's bench around somebody else's design (own_design.py,
own_build.py) and becomes it.

usage: own_rtl.py RINGWALK mmu|iommu [--rtl DIR] [--rtl-build DIR] [the bench's options]
"""
import os
import pathlib
import sys

import own_build
import own_design
from own_design import BLOCKS, DECLARATION, Design, refuse


def main():
    ringwalk, block, arguments = pathlib.Path(sys.argv[1]), BLOCKS[sys.argv[2]], sys.argv[3:]
    own_design.command = block.name
    cache, folder = own_build.take(arguments, "--rtl-build"), own_build.take(arguments, "--rtl")
    for word in block.not_beside:
        if any(a == word or a.startswith(word + "=") for a in arguments):
            refuse(f"{word} beside --rtl: {DECLARATION} says what the design is and who judges it")
    design = Design(pathlib.Path(folder).resolve(), block)
    bench = own_build.build(own_build.bench(block), [design], ringwalk, cache)
    if block.name == "iommu" and design.vtd() is not None:
        arguments.append("--vtd=" + design.vtd())
    if block.name == "mmu" and design.lacks:
        arguments.append("--lacks=" + ",".join(design.lacks))
    if design.in_flight != "1":
        arguments.append("--in-flight=" + design.in_flight)
    if design.mode == "legality":
        arguments.append("--legality=only")
    os.execv(bench, [str(bench), "--own-rtl", *arguments])


if __name__ == "__main__":
    main()
