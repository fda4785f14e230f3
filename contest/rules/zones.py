"""Zones of the country by IANA name with their chief city; a contest takes any IANA name."""
from datetime import datetime

from core.words import zone_words

CITIES: dict[str, str] = {
    "Europe/Kaliningrad": "Калининград", "Europe/Moscow": "Москва", "Europe/Samara": "Самара",
    "Asia/Yekaterinburg": "Екатеринбург", "Asia/Omsk": "Омск", "Asia/Tomsk": "Томск", "Asia/Novosibirsk": "Новосибирск",
    "Asia/Krasnoyarsk": "Красноярск", "Asia/Irkutsk": "Иркутск", "Asia/Yakutsk": "Якутск",
    "Asia/Vladivostok": "Владивосток", "Asia/Magadan": "Магадан", "Asia/Kamchatka": "Петропавловск-Камчатский"}


def place_words(zone: str, at: datetime) -> str:
    """«Томск, МСК+4»; the IANA name stands for a zone whose city is not known."""
    return f"{CITIES.get(zone, zone)}, {zone_words(zone, at)}"
