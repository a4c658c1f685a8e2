"""JSON-LD compared with the vocabulary of schema.org: names, types, domains and ranges.

schema.org publishes no validator to install. It publishes its vocabulary, in which every class and
property is defined, and a copy of that file comes with the package rocrate. rdflib, the JSON-LD
processor, reads a document as RDF with a context made from the vocabulary by the rule by which
schema.org makes its own. schema.org lets a text stand for a thing anywhere; here that is an error.
"""

import json
import re
from functools import cache

from rdflib import RDF, XSD, Graph, Literal, Namespace, URIRef
from rocrate.vocabs import SCHEMA

SDO = Namespace("https://schema.org/")
TERMS = {entry["@id"].removeprefix("schema:"): entry for entry in SCHEMA["@graph"]}
CONTEXT = "https://schema.org"
PAGE = URIRef("https://example.org/page.html")
ISO_DATE = r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?"
LITERALS = {
    "Text": (None, XSD.string),
    "Integer": (XSD.integer,),
    "Number": (XSD.integer, XSD.double, XSD.decimal),
    "Boolean": (XSD.boolean,),
}


def names(name: str, key: str) -> list[str]:
    """Return the schema.org terms that the entry of a term gives under `key`."""
    given = TERMS.get(name, {}).get(key, [])
    given = given if isinstance(given, list) else [given]
    return [one["@id"].removeprefix("schema:") for one in given]


def is_kind(name: str, kind: str) -> bool:
    types = TERMS.get(name, {}).get("@type", [])
    return kind in ([types] if isinstance(types, str) else types)


@cache
def context() -> dict:
    """Return the context of schema.org for the properties whose values are addresses or dates."""
    made: dict = {"@vocab": str(SDO)}
    for name in TERMS:
        ranges = names(name, "schema:rangeIncludes")
        kinds = {"URL": "@id", "Date": str(SDO.Date)}
        found = [kinds[kind] for kind in kinds if kind in ranges]
        if found and "Text" not in ranges:
            made[name] = {"@id": str(SDO[name]), "@type": found[0]}
    return made


def read(document: dict) -> Graph:
    """Read a JSON-LD document as RDF; its context must be schema.org's, and is not fetched."""
    assert document["@context"] == CONTEXT
    text = json.dumps(document | {"@context": context()})
    return Graph().parse(data=text, format="json-ld", publicID=PAGE)


def problems(document: dict) -> list[str]:
    """Return what the vocabulary does not allow in a document; nothing if it is valid."""
    data = read(document)
    assert len(data)
    found = [f"no type: {node}" for node in set(data.subjects()) if not data.value(node, RDF.type)]
    for subject, predicate, value in data:
        is_type = predicate == RDF.type
        name = str(value if is_type else predicate).removeprefix(SDO)
        kind = "class" if is_type else "property"
        if not is_kind(name, "rdfs:Class" if is_type else "rdf:Property"):
            found.append(f"no {kind} {name}")
        elif "schema:supersededBy" in TERMS[name]:
            found.append(f"{name} is superseded")
        elif value == PAGE:  # what is no address is resolved to the page on which it stands
            found.append(f"{name}: no address")
        elif not is_type:
            if not any(is_a(data, subject, one) for one in names(name, "schema:domainIncludes")):
                found.append(f"{name} is a property of something else")
            if not any(fits(data, value, one) for one in names(name, "schema:rangeIncludes")):
                found.append(f"{name}: {value} is out of range")
    return sorted(found)


def fits(data: Graph, value, kind: str) -> bool:
    """Whether a value is of a kind that a property may have."""
    datatype = value.datatype if isinstance(value, Literal) else ""
    if kind == "URL":
        return isinstance(value, URIRef)
    if kind == "Date":
        return datatype == SDO.Date and bool(re.fullmatch(ISO_DATE, value))
    return datatype in LITERALS[kind] if kind in LITERALS else is_a(data, value, kind)


def is_a(data: Graph, node, kind: str) -> bool:
    """Whether a node is of a class, or of one below it."""
    found = {str(one).removeprefix(SDO) for one in data.objects(node, RDF.type)}
    while found and kind not in found:
        found = {parent for name in found for parent in names(name, "rdfs:subClassOf")}
    return bool(found)
