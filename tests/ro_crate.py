"""The validator of RO-Crate, kept off the network.

It asks for one document, the JSON-LD context of the standard, of which the package rocrate brings a
copy. The copy is that of a later version: it has every term of 1.1 that a crate here uses, with the
same meaning (compared by hand with the context of 1.1). Any other request is refused, and fails.
"""

import io
import json

import requests
from rocrate.vocabs import RO_CRATE
from rocrate_validator import models, services
from rocrate_validator.utils.http import HttpRequester

PROFILE = "process-run-crate"
CONTEXT = "https://w3id.org/ro/crate/1.1/context"


class _Copies(requests.adapters.BaseAdapter):
    def send(self, request, **_):
        if request.url != CONTEXT:
            raise requests.ConnectionError(f"not to be fetched in a test: {request.url}")
        response = requests.Response()
        response.status_code, response.url, response.request = 200, request.url, request
        response.headers["Content-Type"] = "application/ld+json"
        response.raw = io.BytesIO(json.dumps(RO_CRATE).encode())
        return response

    def close(self):
        pass


def issues(folder, severity="REQUIRED") -> list[tuple[str, str]]:
    """Return what the validator finds at or above a severity, as entity and message."""
    settings = models.ValidationSettings(
        rocrate_uri=str(folder),
        profile_identifier=PROFILE,
        requirement_severity=severity,
        no_cache=True,  # a plain session of requests, in which the copies can be mounted
    )
    for scheme in ("http://", "https://"):
        HttpRequester().session.mount(scheme, _Copies())
    found = services.validate(settings).get_issues()
    return sorted({(str(issue.violatingEntity or ""), str(issue.message)) for issue in found})
