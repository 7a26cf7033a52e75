"""Exits with 1, and says why, unless the document named second is valid by the DTD named first."""

import sys

from lxml import etree

dtd = etree.DTD(sys.argv[1])
document = etree.parse(sys.argv[2], etree.XMLParser(no_network=True, resolve_entities=False))
if not dtd.validate(document):
    sys.exit(str(dtd.error_log))
