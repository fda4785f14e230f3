"""Walking a protocol through its pages, and asking poppler about the result."""

import re
import subprocess
from pathlib import Path

from tests.factories.papers import PASSPHRASE


def freeze(make, login, group):
    """Address of the group's protocol, frozen through the page and waiting for signatures."""
    made = make.protocol(group, state="on_approval")
    url = f"/protocols/{made.id}"
    answer = login(group.chair).post_form(f"{url}/freezing", page=url)
    assert answer.status_code == 303, answer.text
    return url


def sign(login, account, url, **fields):
    """Sign through the page of the signature; the answer."""
    return login(account).post_form(f"{url}/signature", {"passphrase": PASSPHRASE, **fields})


def signed(make, login, group):
    """Address of a protocol that everybody signed."""
    url = freeze(make, login, group)
    for account in group.experts:
        assert sign(login, account, url).status_code == 303
    return url


def state(browser, url):
    """The protocol's state as its page says it."""
    return re.search(r'Сейчас: ([^,.<]+)', browser.get(url).text)[1].strip()


def token(browser, url):
    """The public code of the protocol."""
    return re.search(r"/v/([a-z2-7]{26})", browser.get(url).text)[1]


def trusted(folder: Path, pdf: bytes, ca: bytes) -> list[str]:
    """What pdfsig says of each signature: «valid, trusted» or its own words."""
    store, place = folder / "nss", folder / "file.pdf"
    place.write_bytes(pdf)
    (folder / "ca.pem").write_bytes(ca)
    if not store.exists():
        store.mkdir()
        subprocess.run(["certutil", "-N", "-d", store, "--empty-password"], check=True)
        subprocess.run(["certutil", "-A", "-d", store, "-n", "ca", "-t", "CT,C,C", "-i", folder / "ca.pem"], check=True)
    said = subprocess.run(["pdfsig", "-nssdir", store, place], capture_output=True, text=True, check=False).stdout
    parts = re.split(r"Signature #\d+:", said)[1:]
    return ["valid, trusted" if "Signature is Valid" in part and "Certificate is Trusted" in part else part
            for part in parts]
