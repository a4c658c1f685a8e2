"""JSON-LD held to the vocabulary of schema.org: names, types, domains and ranges.

schema.org publishes no validator to install. It publishes its vocabulary, in which every class and
property is defined, and a copy of that file comes with the package rocrate. Here it is turned into
what its definitions mean: a JSON-LD context, by the rule by which schema.org makes its own, and
SHACL shapes. rdflib, the JSON-LD processor, reads a document as RDF, and pyshacl holds that to the
shapes. schema.org itself lets a text stand for a thing anywhere; here that is an error.
"""

import json

from pyshacl import validate
from rdflib import RDF, RDFS, SH, XSD, BNode, Graph, Literal, Namespace, URIRef
from rdflib.collection import Collection
from rocrate.vocabs import SCHEMA

SDO = Namespace("https://schema.org/")
TERMS = {entry["@id"].removeprefix("schema:"): entry for entry in SCHEMA["@graph"]}
CONTEXT = "https://schema.org"
PAGE = URIRef("https://example.org/page.html")
ISO_DATE = r"^\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?$"
LITERALS = {
    "Text": [(SH.datatype, XSD.string)],
    "Integer": [(SH.datatype, XSD.integer)],
    "Boolean": [(SH.datatype, XSD.boolean)],
    "URL": [(SH.nodeKind, SH.IRI)],
    "Date": [(SH.datatype, SDO.Date), (SH.pattern, Literal(ISO_DATE))],
}
NUMBERS = (XSD.integer, XSD.double, XSD.decimal)


def names(entry: dict, key: str) -> list[str]:
    """Return the schema.org terms that an entry of the vocabulary gives under `key`."""
    given = entry.get(key, [])
    given = given if isinstance(given, list) else [given]
    return [one["@id"].removeprefix("schema:") for one in given]


def is_kind(name: str, kind: str) -> bool:
    types = TERMS.get(name, {}).get("@type", [])
    return kind in ([types] if isinstance(types, str) else types)


def context() -> dict:
    """Return the context of schema.org for the properties whose values are addresses or dates."""
    made: dict = {"@vocab": str(SDO)}
    for name, entry in TERMS.items():
        ranges = names(entry, "schema:rangeIncludes")
        kinds = {"URL": "@id", "Date": str(SDO.Date)}
        found = [kinds[kind] for kind in kinds if kind in ranges]
        if found and "Text" not in ranges:
            made[name] = {"@id": str(SDO[name]), "@type": found[0]}
    return made


SCHEMA_CONTEXT = context()


def read(document: dict) -> Graph:
    """Read a JSON-LD document as RDF; its context must be schema.org's, and is not fetched."""
    assert document["@context"] == CONTEXT
    text = json.dumps(document | {"@context": SCHEMA_CONTEXT})
    return Graph().parse(data=text, format="json-ld", publicID=PAGE)


def problems(document: dict) -> list[str]:
    """Return what the vocabulary does not allow in a document; nothing if it is valid."""
    data = read(document)
    assert len(data)
    used = {str(p).removeprefix(SDO) for p in data.predicates() if p != RDF.type}
    types = {str(t).removeprefix(SDO) for t in data.objects(None, RDF.type)}
    found = [f"no property {name}" for name in used if not is_kind(name, "rdf:Property")]
    found += [f"no class {name}" for name in types if not is_kind(name, "rdfs:Class")]
    found += [
        f"{n} is superseded" for n in used | types if "schema:supersededBy" in TERMS.get(n, {})
    ]
    found += [f"no type: {node}" for node in set(data.subjects()) if not data.value(node, RDF.type)]
    # an address that is none is resolved to the page on which it stands
    found += [f"{p.removeprefix(SDO)}: no address" for p in data.predicates(None, PAGE)]
    _, report, _ = validate(data, shacl_graph=shapes(used & set(TERMS)), ont_graph=CLASSES)
    for result in report.subjects(RDF.type, SH.ValidationResult):
        path, value = (report.value(result, part) for part in (SH.resultPath, SH.value))
        kind = data.value(value, RDF.type) or "a value"
        if path:
            found.append(f"{path.removeprefix(SDO)}: {kind} {value} is out of range")
        else:
            found.append(f"{kind} has a property of something else")
    return sorted(found)


def _classes() -> Graph:
    graph = Graph()
    for name, entry in TERMS.items():
        for parent in names(entry, "rdfs:subClassOf"):
            graph.add((SDO[name], RDFS.subClassOf, SDO[parent]))
    return graph


CLASSES = _classes()


def shapes(properties: set[str]) -> Graph:
    """Return shapes that hold the subjects and the values of these properties to the vocabulary."""
    graph = Graph()
    for name in properties:
        shape, value = BNode(), BNode()
        graph.add((shape, RDF.type, SH.NodeShape))
        graph.add((shape, SH.targetSubjectsOf, SDO[name]))
        domains = [[(SH["class"], SDO[c])] for c in names(TERMS[name], "schema:domainIncludes")]
        _any(graph, shape, domains)
        graph.add((shape, SH.property, value))
        graph.add((value, SH.path, SDO[name]))
        ranges = names(TERMS[name], "schema:rangeIncludes")
        _any(graph, value, [option for kind in ranges for option in _options(kind)])
    return graph


def _options(kind: str) -> list[list[tuple[URIRef, object]]]:
    if kind == "Number":
        return [[(SH.datatype, datatype)] for datatype in NUMBERS]
    if kind in LITERALS:
        return [LITERALS[kind]]
    return [[(SH["class"], SDO[kind])]]


def _any(graph: Graph, shape: BNode, options: list) -> None:
    """Add that one of several lists of constraints must be met."""
    nodes = []
    for option in options:
        node = BNode()
        for predicate, value in option:
            graph.add((node, predicate, value))
        nodes.append(node)
    head = BNode()
    Collection(graph, head, nodes)
    graph.add((shape, SH["or"], head))
