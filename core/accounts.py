"""Accounts, their secrets, login sessions, invitations and roles. A role is a string, its scope a pair."""
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Base, UtcDateTime


class Account(Base):
    """Somebody who can log in: by e-mail and password, or by a printed card (code and PIN)."""

    __tablename__ = "account"
    __table_args__ = (CheckConstraint("email IS NOT NULL OR card_code IS NOT NULL", name="reachable"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str | None] = mapped_column(String(254), unique=True)
    card_code: Mapped[str | None] = mapped_column(String(20), unique=True)
    password_hash: Mapped[str | None] = mapped_column(String(200))
    pin_hash: Mapped[str | None] = mapped_column(String(200))
    one_time: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    grants: Mapped[list["RoleGrant"]] = relationship(back_populates="account", lazy="raise")

    @property
    def short_name(self) -> str:
        """«Осипова М. П.» of «Осипова Марина Петровна»."""
        first, *rest = self.name.split()
        return " ".join([first, *(f"{part[0]}." for part in rest)])


class RoleGrant(Base):
    """One role of one account in one scope, from and until; the basis is an order or an operation."""

    __tablename__ = "role_grant"
    __table_args__ = (
        CheckConstraint("scope_kind IN ('installation', 'contest', 'nomination')", name="scope_kind"),
        CheckConstraint("(scope_kind = 'installation') = (scope_id = 0)", name="scope_id"),
        Index("ix_role_grant_scope", "scope_kind", "scope_id", "role"),
        UniqueConstraint("account_id", "role", "scope_kind", "scope_id", "given_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    role: Mapped[str] = mapped_column(String(40))
    scope_kind: Mapped[str] = mapped_column(String(20), default="installation")
    scope_id: Mapped[int] = mapped_column(default=0)
    basis: Mapped[str] = mapped_column(String(200), default="")
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    account: Mapped[Account] = relationship(back_populates="grants", lazy="raise")


class LoginSession(Base):
    """One login of one account on one browser. Only the hash of the cookie is kept."""

    __tablename__ = "login_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    via: Mapped[str] = mapped_column(String(10))
    address: Mapped[str] = mapped_column(String(45), default="")
    agent: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Invitation(Base):
    """A link that lets an account set its first or a new password, once, until it expires."""

    __tablename__ = "invitation"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
