"""Settings of an installation: environment variables, with defaults that suit one machine."""
import os
import secrets
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Read from the environment. Nothing secret has a default: see `secret_key`."""

    model_config = SettingsConfigDict(extra="ignore")

    ENVIRONMENT: Literal["production", "development", "demo", "test"] = "production"
    DATA_DIR: Path = Path("var")
    DATABASE_URL: str = ""
    SECRET_KEY: str = ""
    PUBLIC_URL: str = ""
    HOST: str = "127.0.0.1"
    PORT: int = 8000
    TLS_CERT: str = ""
    TLS_KEY: str = ""
    MAIL_URL: str = ""
    MAIL_FROM: str = "konkurs@localhost"
    REDIS_URL: str = ""
    CA_PASSPHRASE: str = ""
    TSA_URL: str = ""
    TRUSTED_PROXIES: int = 0
    REGION: str = ""
    SUPPORT_PHONE: str = ""
    SUPPORT_HOURS: str = ""
    LOGIN_ATTEMPTS_PER_ACCOUNT: str = "10 per 10 minutes"
    LOGIN_ATTEMPTS_PER_ADDRESS: str = "300 per 10 minutes"
    MAX_UPLOAD_MB: int = 200
    BACKUP_DIR: str = ""
    BACKUP_EVERY_MINUTES: float = 10
    BACKUP_KEEP_LAST: int = 12
    BACKUP_KEEP_HOURS: int = 24
    BACKUP_KEEP_DAYS: int = 14

    @cached_property
    def database_url(self) -> str:
        """SQLAlchemy URL; SQLite in the data folder unless DATABASE_URL says otherwise."""
        url = self.DATABASE_URL or f"sqlite:///{self.data_dir / 'contest.db'}"
        if url.startswith(("postgres://", "postgresql://")):
            url = "postgresql+psycopg://" + url.split("://", 1)[1]
        return url

    @cached_property
    def data_dir(self) -> Path:
        """Absolute data folder, made on first use, readable by its owner only."""
        path = self.DATA_DIR.resolve()
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        return path

    @cached_property
    def backup_dir(self) -> Path:
        """Where backups lie; better a disk of its own (BACKUP_DIR), where files are then copied instead of linked."""
        return Path(self.BACKUP_DIR).resolve() if self.BACKUP_DIR else self.data_dir / "backups"

    @property
    def several_web(self) -> bool:
        """Whether more than one web process may run: they share a PostgreSQL and a Redis."""
        return bool(self.REDIS_URL) and self.database_url.startswith("postgresql")

    @cached_property
    def public_url(self) -> str:
        """Address people type, without the closing slash."""
        if self.PUBLIC_URL:
            return self.PUBLIC_URL.rstrip("/")
        scheme = "https" if self.TLS_CERT else "http"
        host = "localhost" if self.HOST in ("0.0.0.0", "127.0.0.1") else self.HOST  # noqa: S104
        return f"{scheme}://{host}:{self.PORT}"

    @property
    def https(self) -> bool:
        """Whether cookies may be marked Secure."""
        return self.public_url.startswith("https://")

    @cached_property
    def secret_key(self) -> str:
        """Key of cookies and tickets: SECRET_KEY, else a file made once in the data folder."""
        return self.SECRET_KEY or self.secret_file("secret")

    @cached_property
    def ca_passphrase(self) -> str:
        """Passphrase that seals the keys of the internal certification authority."""
        return self.CA_PASSPHRASE or self.secret_file("ca_passphrase")

    def secret_file(self, name: str) -> str:
        """A random secret kept in DATA_DIR/keys/<name> (mode 600), made at first use and never replaced."""
        folder = self.data_dir / "keys"
        folder.mkdir(mode=0o700, exist_ok=True)
        path = folder / name
        try:
            handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        except FileExistsError:
            return path.read_text().strip()
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_hex(32))
            file.flush()
            os.fsync(file.fileno())
        return path.read_text().strip()


def load(**overrides: object) -> Settings:
    """Settings from the environment, with overrides for tests."""
    return Settings(**overrides)  # type: ignore[arg-type]
