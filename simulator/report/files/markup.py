"""XML whose texts come from data."""

from __future__ import annotations

from xml.etree import ElementTree as Xml

from simulator.report.printable import printable


def as_xml(root: Xml.Element) -> str:
    """The document with that root. XML 1.0 cannot say most of what cannot be printed, so a sign stands for it."""
    for element in root.iter():
        for name, value in element.attrib.items():
            element.set(name, printable(value))
        if element.text:
            element.text = printable(element.text)
    Xml.indent(root)
    return Xml.tostring(root, encoding="unicode", xml_declaration=True) + "\n"
