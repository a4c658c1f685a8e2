"""What a collection is about, in words that no table holds: `first_page.yaml` beside the tables."""

from dataclasses import dataclass
from pathlib import Path

from claimbook.book.book import Book
from claimbook.book.schema import check_form
from claimbook.book.yaml_file import read_yaml
from claimbook.errors import InputError

FILE = "first_page.yaml"


@dataclass(frozen=True)
class About:
    """The question that a collection answers.

    title, question: as a reader would ask it, in a line and in full. name: of the collection, in a
    few words (default: the title). text: how the text is called
    in a sentence. conclusion: the claim to which its argument leads. picture: name of a figure
    that shows the argument. limits: what the collection is not, a sentence or two each.
    """

    title: str
    question: str
    name: str = ""
    text: str = "the text"
    conclusion: str | None = None
    picture: str | None = None
    limits: tuple[str, ...] = ()


def has_first_page(folder: Path) -> bool:
    """Whether a data folder says what a site would put on its first page."""
    return (folder / FILE).is_file()


def load_about(book: Book) -> About:
    """Read and check the file. Raises InputError that names what is missing or not known."""
    path = book.folder / FILE
    if not path.exists():
        raise InputError(f"{path}: no such file; expected title and question of the text")
    given = read_yaml(path)
    check_form(given, "first_page", str(path))
    if "conclusion" in given:
        try:
            book.claim(given["conclusion"])
        except InputError as error:
            raise InputError(f"{path}: conclusion: {error}") from None
    limits = tuple(given.pop("not", ()))
    return About(**{"name": given["title"]} | given, limits=limits)
