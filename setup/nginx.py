"""Fill in deploy/nginx/contest.conf from the environment and print it: `python -m setup.nginx`."""

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = ROOT / "deploy" / "nginx" / "contest.conf"
REDIRECT = """\
server {
    listen 80;
    listen [::]:80;
    server_name @SERVER_NAME@;
    return 301 https://$host$request_uri;
}
"""
TLS = """\
    listen 443 ssl http2;
    listen [::]:443 ssl http2;
    ssl_certificate @TLS_CERT@;
    ssl_certificate_key @TLS_KEY@;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_cache shared:contest:10m;
    ssl_session_timeout 1d;"""


def configuration(given: Mapping[str, str]) -> str:
    """The configuration for `given` (SERVER_NAME, TLS_CERT, TLS_KEY, LISTEN, WEB, PORT, MAX_UPLOAD_MB); SystemExit says
    in words what is wrong. LISTEN is for a server without a certificate: `127.0.0.1:8080`."""
    name, cert, key = given.get("SERVER_NAME", ""), given.get("TLS_CERT", ""), given.get("TLS_KEY", "")
    if not re.fullmatch(r"[A-Za-z0-9.-]+", name):
        raise SystemExit("SERVER_NAME: нужно имя сервера, например konkurs.example.ru.")
    if bool(cert) != bool(key) or not (cert or given.get("LISTEN")):
        raise SystemExit("Нужны TLS_CERT и TLS_KEY (файлы сертификата и ключа) либо LISTEN=адрес:порт без https.")
    for path in (cert, key):
        if re.search(r"[\s;{}\"'$]", path):
            raise SystemExit(f"Путь {path!r} нельзя записать в настройки nginx: в нём пробел или знак.")
    ports = [int(given.get("PORT") or 8001) + number for number in range(int(given.get("WEB") or 1))]
    servers = "\n".join(f"    server 127.0.0.1:{port} max_fails=1 fail_timeout=5s;" for port in ports)
    values = {"REDIRECT": REDIRECT if cert else "", "LISTEN": TLS if cert else f"    listen {given.get('LISTEN')};",
              "SERVERS": servers, "SERVER_NAME": name, "TLS_CERT": cert, "TLS_KEY": key, "ROOT": str(ROOT),
              "SECURE": "; Secure" if cert else "", "MAX_UPLOAD_MB": str(int(given.get("MAX_UPLOAD_MB") or 200) + 1)}
    text = TEMPLATE.read_text()
    for word, value in values.items():
        text = text.replace(f"@{word}@", value)
    return text


if __name__ == "__main__":
    sys.stdout.write(configuration(os.environ))
