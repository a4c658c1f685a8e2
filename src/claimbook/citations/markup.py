"""Read a field as a reader sees it: LaTeX, HTML, MathML and entities become the text they print.

One function for both sides of a comparison: what BibTeX exporters, registers and people write
differs in its markup alone far more often than in its words.
"""

import html
import re
import unicodedata
from functools import lru_cache

MAX_DEPTH = 40
"""Braces nested deeper than this are taken off and no longer followed."""

_ACCENTS = {
    "`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", "=": "\u0304", "u": "\u0306",
    ".": "\u0307", '"': "\u0308", "r": "\u030a", "H": "\u030b", "v": "\u030c", "d": "\u0323",
    "c": "\u0327", "k": "\u0328", "b": "\u0331", "textcommabelow": "\u0326",
    # in mathematics
    "grave": "\u0300", "acute": "\u0301", "hat": "\u0302", "tilde": "\u0303", "bar": "\u0304",
    "breve": "\u0306", "dot": "\u0307", "ddot": "\u0308", "check": "\u030c", "mathring": "\u030a",
    "widehat": "\u0302", "widetilde": "\u0303",
}  # fmt: skip
_SIGNS = {
    "i": "ı", "j": "ȷ", "l": "ł", "L": "Ł", "o": "ø", "O": "Ø", "ae": "æ", "AE": "Æ", "oe": "œ",
    "OE": "Œ", "aa": "å", "AA": "Å", "ss": "ß", "SS": "SS", "dh": "ð", "DH": "Ð", "th": "þ",
    "TH": "Þ", "dj": "đ", "DJ": "Đ", "ng": "ŋ", "NG": "Ŋ", "imath": "ı", "jmath": "ȷ", "P": "¶",
    "S": "§", "pounds": "£", "copyright": "©", "dag": "†", "ddag": "‡", "ldots": "…", "dots": "…",
    "cdots": "…", "textellipsis": "…", "textquoteright": "’", "textquoteleft": "‘",
    "textquotedblleft": "“", "textquotedblright": "”", "textquotesingle": "'",
    "textquotedbl": '"', "quotedblbase": "„", "quotesinglbase": "‚", "guillemotleft": "«",
    "guillemotright": "»", "guillemetleft": "«", "guillemetright": "»", "guilsinglleft": "‹",
    "guilsinglright": "›", "lq": "‘", "rq": "’", "textendash": "–", "textemdash": "—",
    "textasciitilde": "~", "textasciicircum": "^", "textasciigrave": "`", "textbackslash": "\\",
    "textbar": "|", "textunderscore": "_", "textless": "<", "textgreater": ">", "lt": "<",
    "gt": ">", "textbraceleft": "{", "textbraceright": "}", "lbrace": "{", "rbrace": "}",
    "textdollar": "$", "textsection": "§", "textparagraph": "¶", "textregistered": "®",
    "texttrademark": "™", "textcopyright": "©", "textdegree": "°", "degree": "°", "circ": "°",
    "textmu": "µ", "micro": "µ", "texteuro": "€", "euro": "€", "textsterling": "£", "times": "×",
    "texttimes": "×", "div": "÷", "pm": "±", "textpm": "±", "mp": "∓", "cdot": "·", "bullet": "•",
    "textbullet": "•", "textperiodcentered": "·", "ast": "∗", "star": "⋆", "sim": "∼",
    "simeq": "≃", "approx": "≈", "cong": "≅", "equiv": "≡", "neq": "≠", "ne": "≠", "leq": "≤",
    "le": "≤", "leqslant": "≤", "geq": "≥", "ge": "≥", "geqslant": "≥", "ll": "≪", "gg": "≫",
    "propto": "∝", "infty": "∞", "rightarrow": "→", "to": "→", "leftarrow": "←",
    "longrightarrow": "→", "leftrightarrow": "↔", "Rightarrow": "⇒", "textrightarrow": "→",
    "uparrow": "↑", "downarrow": "↓", "partial": "∂", "nabla": "∇", "sum": "∑", "prod": "∏",
    "int": "∫", "sqrt": "√", "in": "∈", "subset": "⊂", "cup": "∪", "cap": "∩", "forall": "∀",
    "exists": "∃", "emptyset": "∅", "perp": "⊥", "parallel": "∥", "otimes": "⊗", "oplus": "⊕",
    "ell": "ℓ", "hbar": "ħ", "Re": "ℜ", "Im": "ℑ", "aleph": "ℵ", "prime": "′", "odot": "☉",
    "sun": "☉", "langle": "⟨", "rangle": "⟩", "backslash": "\\", "textonehalf": "½",
    "textonequarter": "¼", "textthreequarters": "¾", "textordfeminine": "ª",
    "textordmasculine": "º", "textexclamdown": "¡", "textquestiondown": "¿", "slash": "/",
    "textslash": "/", "LaTeX": "LaTeX", "TeX": "TeX", "LaTeXe": "LaTeX2e", "BibTeX": "BibTeX",
    "quad": " ", "qquad": " ", "space": " ", "enspace": " ", "thinspace": " ", "newline": " ",
    "par": " ", "linebreak": " ", "nobreakspace": " ", "textvisiblespace": " ", "varepsilon": "ε",
    "vartheta": "θ", "varphi": "φ", "varrho": "ρ", "varsigma": "ς", "varpi": "π", "upmu": "µ",
    "Angstrom": "Å", "angstrom": "Å", "textascutedbl": "″", "No": "№", "textnumero": "№",
}  # fmt: skip
_GREEK = re.findall(
    r"\S+",
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi "
    "rho sigma tau upsilon phi chi psi omega",
)
for _number, _name in enumerate(_GREEK):
    _letter = chr(0x3B1 + _number + (_number > 16))
    for _prefix in ("", "up", "text"):
        _SIGNS.setdefault(_prefix + _name, _letter)
        _SIGNS.setdefault(_prefix + _name.capitalize(), _letter.upper())
GREEK_NAMES = {chr(0x3B1 + n + (n > 16)): name for n, name in enumerate(_GREEK)} | {"ς": "sigma"}

_JOURNALS = {
    "aj": "Astronomical Journal", "araa": "Annual Review of Astronomy and Astrophysics",
    "apj": "Astrophysical Journal", "apjl": "Astrophysical Journal Letters",
    "apjs": "Astrophysical Journal Supplement Series", "ao": "Applied Optics",
    "apss": "Astrophysics and Space Science", "aap": "Astronomy and Astrophysics",
    "aapr": "Astronomy and Astrophysics Review",
    "aaps": "Astronomy and Astrophysics Supplement Series", "gca":
    "Geochimica et Cosmochimica Acta",
    "grl": "Geophysical Research Letters", "icarus": "Icarus", "jcap":
    "Journal of Cosmology and Astroparticle Physics", "jcp": "Journal of Chemical Physics",
    "jgr": "Journal of Geophysical Research", "mnras":
    "Monthly Notices of the Royal Astronomical Society", "na": "New Astronomy", "nar":
    "New Astronomy Reviews", "nat": "Nature", "nphysa": "Nuclear Physics A", "pasa":
    "Publications of the Astronomical Society of Australia", "pasj":
    "Publications of the Astronomical Society of Japan", "pasp":
    "Publications of the Astronomical Society of the Pacific", "physrep": "Physics Reports",
    "planss": "Planetary and Space Science", "pra": "Physical Review A", "prb":
    "Physical Review B", "prc": "Physical Review C", "prd": "Physical Review D", "pre":
    "Physical Review E", "prl": "Physical Review Letters", "qjras":
    "Quarterly Journal of the Royal Astronomical Society", "solphys": "Solar Physics", "sovast":
    "Soviet Astronomy", "ssr": "Space Science Reviews", "zap": "Zeitschrift fuer Astrophysik",
}  # fmt: skip
"""What the journal commands of AASTeX, which NASA ADS writes into its exports, stand for."""

_FORMATTING = frozenset(
    re.findall(
        r"\S+",
        "emph textit textbf textsc textsl textrm textsf texttt textup textmd textnormal "
        "textsuperscript textsubscript textgreek textcyr mathrm mathit mathbf mathsf mathtt "
        "mathcal mathbb mathfrak mathscr boldsymbol bm ensuremath mbox text hbox makebox fbox "
        "underline uline it bf sc sl rm sf tt em bfseries itshape scshape slshape upshape "
        "mdseries normalfont rmfamily sffamily ttfamily tiny small large Large footnotesize "
        "scriptsize normalsize left right big Big bigl bigr ce mkbibemph mkbibquote "
        "mkbibitalic mkbibbold enquote textlatin textquote uppercase lowercase MakeUppercase "
        "MakeLowercase MakeSentenceCase NoCaseChange protect relax nolinkurl url path "
        "operatorname displaystyle textstyle limits rm cal selectfont ignorespaces unskip "
        "nocase bibstring mathop mathord mathrel mathbin sp sb dq natexlab noun bibinfo "
        "xspace etalchar textnormalfont hyphen bibnamefont bibfnamefont overline allowbreak "
        "penalty0 break nobreak noindent centering newblock leavevmode bgroup egroup "
        "begingroup endgroup urlprefix textsubscr textsuperscr tfrac",
    )
)
"""Commands whose text is that of their argument."""
_DROP_ONE = frozenset(
    re.findall(
        r"\S+",
        "noopsort SortNoop switchargs label vspace hspace hskip color index phantom hphantom "
        "cite citep citet nocite thanks footnote footnotemark includegraphics fontsize ref "
        "pageref usepackage input include write",
    )
)
"""Commands whose argument is not printed."""
_LAST_OF_TWO = frozenset(
    re.findall(
        r"\S+",
        "href textcolor texorpdfstring foreignlanguage colorbox raisebox bibinfo",
    )
)
_TOKEN = re.compile(
    r"\\(?P<name>[A-Za-z]+)\*?[ \t\r\n]*|\\(?P<sign>.)|(?P<mark>[{}$~^_]|---?|``|''|,,)"
    r"|(?P<text>[^\\{}$~^_\-`',]+|.)",
    re.DOTALL,
)
_MARKED = re.compile(r"[\\{}$~&<]|--|``|''")
_TAG = re.compile(
    r"</?(?:mml:|m:|jats:)?(?:a|abbr|annotation|article-title|b|big|bdi|bold|br|center|cite|code|div|"
    r"em|emphasis|font|formula|h[1-6]|i|inf|inline-formula|italic|img|li|math|m[a-z]{1,14}|"
    r"named-content|ol|p|q|s|sans-serif|sc|scp|semantics|small|span|strike|strong|styled-content|"
    r"sub|subtitle|sup|tex-math|title|tt|u|ul|underline|var|xref)"
    r"(?:\s[^<>=]{1,60}=[^<>]{0,400})?\s?/?>",
    re.IGNORECASE,
)
_ANNOTATION = re.compile(
    r"<((?:mml:|m:)?annotation|(?:jats:)?tex-math)\b[^<>]*>.*?</\1>", re.IGNORECASE | re.DOTALL
)
_ENTITY = re.compile(r"&(?:[A-Za-z][A-Za-z0-9]{1,31}|#\d{1,7}|#[xX][0-9A-Fa-f]{1,6});")
_INVISIBLE = re.compile("[\u00ad\u200b\u200c\u200d\u2060\ufeff]")
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@lru_cache(maxsize=131072)
def unmarked(value: str) -> str:
    """Return a field as one line of the text that it prints, composed (NFC).

    A command that is not known stays visible. Hostile characters become U+FFFD.
    """
    text = str(value)
    if _MARKED.search(text):
        text = from_latex(text)
        text = from_html(text)
    if not text.isascii():
        text = unicodedata.normalize("NFC", _INVISIBLE.sub("", text))
    text = " ".join(text.split())
    if text.isprintable():
        return text
    return "".join(
        "\ufffd" if c in _BIDI or unicodedata.category(c) in ("Cc", "Cs") else c for c in text
    )


def from_html(text: str) -> str:
    """Return text with entities read (also those escaped twice) and known tags taken off."""
    for _ in range(3):
        if "&" not in text or not _ENTITY.search(text):
            break
        text = _ENTITY.sub(lambda m: html.unescape(m[0]), text)
    if "<" in text:
        text = _TAG.sub("", _ANNOTATION.sub("", text))
    return text


def from_latex(text: str) -> str:
    """Return text with LaTeX commands, braces and mathematics replaced by what they print."""
    if not re.search(r"[\\{}$~]|--|``|''", text):
        return text
    return _Reader(text).read()


class _Reader:
    """Walks over the tokens of one field; arguments are read by recursion, `MAX_DEPTH` deep."""

    def __init__(self, text: str):
        self.tokens = list(_TOKEN.finditer(text))
        self.at = 0
        dollars = sum(1 for t in self.tokens if t["mark"] == "$")
        self.pairs = dollars - dollars % 2  # the last of an odd number is a currency
        self.math = False

    def read(self) -> str:
        parts = []
        while self.at < len(self.tokens):
            parts.append(self._next(0))
        return "".join(parts)

    def _next(self, depth: int) -> str:
        """Return the text of the next token, with whatever belongs to it."""
        token = self.tokens[self.at]
        self.at += 1
        if token["name"] is not None:
            return self._command(token["name"], depth)
        if token["sign"] is not None:
            return self._sign(token["sign"], depth)
        mark = token["mark"]
        if mark is None:
            text = token["text"]
            return text.replace(" ", "") if self.math and len(text) > 1 else text
        if mark == "{":
            return self._group(depth)
        if mark == "}":
            return ""
        if mark == "$":
            return self._dollar()
        if mark in ("^", "_"):
            return "" if self.math else mark
        return {"~": " ", "--": "–", "---": "—", "``": "“", "''": "”", ",,": ",,"}[mark]

    def _group(self, depth: int) -> str:
        parts = []
        while self.at < len(self.tokens):
            if self.tokens[self.at]["mark"] == "}":
                self.at += 1
                break
            if depth >= MAX_DEPTH:
                token = self.tokens[self.at]
                self.at += 1
                parts.append("" if token["mark"] else token[0])
                continue
            parts.append(self._next(depth + 1))
        return "".join(parts)

    def _dollar(self) -> str:
        if self.pairs <= 0:
            return "$"
        self.pairs -= 1
        self.math = not self.math
        return ""

    def _argument(self, depth: int) -> str:
        """Return the next group or token; blanks before it do not count."""
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            if token["text"] is None or token["text"].strip():
                break
            self.at += 1
        if self.at >= len(self.tokens) or depth >= MAX_DEPTH:
            return ""
        token = self.tokens[self.at]
        if token["mark"] == "}":
            return ""
        if token["text"] is not None and len(token["text"].lstrip()) > 1:
            # an argument without braces is one character; the rest stays where it was
            text = token["text"].lstrip()
            rest = _TOKEN.match(text, 1)
            self.tokens[self.at] = rest
            return text[0]
        return self._next(depth + 1)

    def _optional(self) -> None:
        """Pass over ``[...]`` after a command."""
        if self.at < len(self.tokens) and (self.tokens[self.at]["text"] or "").startswith("["):
            text = self.tokens[self.at]["text"]
            if "]" in text:
                rest = text[text.index("]") + 1 :]
                if rest:
                    self.tokens[self.at] = _TOKEN.match(rest)
                else:
                    self.at += 1

    def _command(self, name: str, depth: int) -> str:
        if name in _ACCENTS and name not in _SIGNS:
            return self._accent(_ACCENTS[name], depth)
        if name in _SIGNS:
            return _SIGNS[name]
        if name in _DROP_ONE:
            self._optional()
            self._argument(depth)
            return ""
        if name in _LAST_OF_TWO:
            self._argument(depth)
            return self._argument(depth)
        if name in ("frac", "dfrac", "nicefrac", "sfrac"):
            return f"{self._argument(depth)}/{self._argument(depth)}"
        if name in _FORMATTING:
            self._optional()
            return ""
        if name.casefold() in _JOURNALS and name.islower():
            return _JOURNALS[name]
        if name == "t":
            return self._argument(depth)
        return "" if name in ("begin", "end") else f"\\{name} "

    def _sign(self, sign: str, depth: int) -> str:
        if sign in _ACCENTS:
            return self._accent(_ACCENTS[sign], depth)
        if sign in "-/@!*()[]":
            return ""
        if sign in ",;: \\\n\t":
            return " "
        return sign

    def _accent(self, combining: str, depth: int) -> str:
        base = self._argument(depth).replace("ı", "i").replace("ȷ", "j")
        if not base.strip():
            spacing = {"\u0303": "~", "\u0302": "^", "\u0300": "`", "\u0301": "'", "\u0308": '"'}
            return spacing.get(combining, "") + base
        return unicodedata.normalize("NFC", base[0] + combining) + base[1:]
