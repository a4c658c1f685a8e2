"""PubMed through NCBI's E-utilities: esearch finds the number of a DOI, efetch gives the record.

A search leaves out a phrase that it does not know and finds the rest, so what comes back is checked
for the DOI that was asked for. Linked notices: https://www.nlm.nih.gov/bsd/mms/medlineelements.html
"""

import json
from xml.etree import ElementTree

from claimbook.citations.registers.settings import Failed, NotRegistered
from claimbook.citations.registers.values import raw_text, text, year
from claimbook.citations.registers.web import Client
from claimbook.citations.work import Name, Update, Work

BASE_URL = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils"
NOTICES = {
    "RetractionIn": "retraction",
    "PartialRetractionIn": "correction",
    "ExpressionOfConcernIn": "expression_of_concern",
    "ErratumIn": "correction",
    "CorrectedandRepublishedIn": "correction",
}
RETRACTED = "Retracted Publication"


def get(question: str, client: Client) -> dict:
    kind, _, value = question.partition(":")
    common = {"db": "pubmed", "tool": "claimbook", "email": client.settings.mailto}
    if client.key:
        common["api_key"] = client.key
    number = value
    if kind == "doi":
        term = value.replace('"', " ")
        found = client.get("esearch.fcgi", common | {"term": f'"{term}"[doi]', "retmode": "json"})
        result = json.loads(found)["esearchresult"]
        if "idlist" not in result:
            raise Failed(f"an answer without a list ({text(result.get('ERROR')) or 'empty'})")
        numbers = result["idlist"]
        if len(numbers) != 1 or result.get("errorlist", {}).get("phrasesnotfound"):
            raise NotRegistered
        number = str(numbers[0])
    record = client.get("efetch.fcgi", common | {"id": number, "retmode": "xml"})
    return {"xml": record.decode("utf-8")}


def work_of_answer(payload: dict) -> Work:
    """Return the one work of an answer of efetch. Raises ValueError if there is none."""
    root = _parsed(payload["xml"])
    record = root.find("PubmedArticle")
    if record is None:
        raise NotRegistered
    citation, article = record.find("MedlineCitation"), record.find("MedlineCitation/Article")
    if citation is None or article is None or not _text(citation, "PMID"):
        raise ValueError("record without a PMID")
    journal = article.find("Journal")
    journal = ElementTree.Element("Journal") if journal is None else journal
    dates = [journal.find("JournalIssue/PubDate"), article.find("ArticleDate")]
    years = [_text(d, "Year") or _text(d, "MedlineDate") for d in dates if d is not None]
    ids = {i.get("IdType"): i.text for i in record.findall("PubmedData/ArticleIdList/ArticleId")}
    ids = {e.get("EIdType"): e.text for e in article.findall("ELocationID")} | ids
    number = _text(citation, "PMID")
    return Work(
        doi=raw_text(ids.get("doi")),
        pmid=number,
        issn=tuple(filter(None, (_all(e) for e in journal.findall("ISSN")))),
        title=_text(article, "ArticleTitle").rstrip("."),
        other_titles=tuple(filter(None, (_text(article, "VernacularTitle").rstrip("."),))),
        authors=tuple(filter(None, map(_name, article.findall("AuthorList/Author")))),
        authors_complete=_complete(article),
        years=tuple(dict.fromkeys(filter(None, map(year, years)))),
        container_titles=tuple(
            filter(None, (_text(journal, "Title"), _text(journal, "ISOAbbreviation")))
        ),
        volume=_text(journal, "JournalIssue/Volume"),
        issue=_text(journal, "JournalIssue/Issue"),
        pages=_text(article, "Pagination/MedlinePgn"),
        kind="journal-article",
        updates=_updates(citation, article),
        address=f"https://pubmed.ncbi.nlm.nih.gov/{number}/",
    )


def _parsed(xml: str) -> ElementTree.Element:
    if "<!ENTITY" in xml:
        raise ValueError("an answer with entities of its own")
    try:
        return ElementTree.fromstring(xml)
    except ElementTree.ParseError as error:
        raise ValueError("not whole XML") from error


def _all(element) -> str:
    """Return the text of an element with that of its children: titles hold <i> and <sub>."""
    return text("".join(element.itertext()))


def _text(parent, path: str) -> str:
    found = parent.find(path)
    return "" if found is None else _all(found)


def _name(author) -> Name | None:
    if author.get("ValidYN") == "N":  # superseded by a corrected one in the same list
        return None
    whole = _text(author, "CollectiveName")
    if whole:
        return Name(whole, collective=True)
    given = _text(author, "ForeName") or _text(author, "Initials")
    family = _text(author, "LastName")
    return Name(family, given, _text(author, "Suffix")) if family else None


def _complete(article) -> bool:
    names = article.find("AuthorList")
    return names is None or names.get("CompleteYN") != "N"


def _updates(citation, article) -> tuple[Update, ...]:
    found = []
    for notice in citation.findall("CommentsCorrectionsList/CommentsCorrections"):
        kind = NOTICES.get(notice.get("RefType", ""))
        if kind:
            where = _text(notice, "RefSource")
            doi = where.partition("doi:")[2].strip(" .") if "doi:" in where else ""
            found.append(Update(kind, year(where), doi.split(" ")[0].rstrip("."), "PubMed"))
    kinds = {_all(k) for k in article.findall("PublicationTypeList/PublicationType")}
    if RETRACTED in kinds and not any(u.kind == "retraction" for u in found):
        found.append(Update("retraction", source="PubMed"))
    return tuple(dict.fromkeys(found))
