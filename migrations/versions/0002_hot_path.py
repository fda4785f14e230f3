"""hot_path"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sealed_delivery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["participant_id"], ["participant.id"], name=op.f("fk_sealed_delivery_participant_id")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_sealed_delivery_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sealed_delivery")),
        sa.UniqueConstraint("task_id", "participant_id", name=op.f("uq_sealed_delivery_task_id_participant_id")),
    )
    with op.batch_alter_table("sealed_delivery", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sealed_delivery_participant_id"), ["participant_id"], unique=False)

    op.create_table(
        "contact",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("attempt_id", sa.Integer(), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("last_at >= from_at", name=op.f("ck_contact_order")),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name=op.f("fk_contact_attempt_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
        sa.UniqueConstraint("attempt_id", "from_at", name=op.f("uq_contact_attempt_id_from_at")),
    )
    op.create_table(
        "time_proposal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("attempt_id", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("basis", sa.String(length=10), nullable=False),
        sa.Column("offline_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("offline_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proposed_by_id", sa.Integer(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("granted", sa.Boolean(), nullable=True),
        sa.Column("decision", sa.String(length=300), nullable=False),
        sa.CheckConstraint("basis IN ('offline', 'other')", name=op.f("ck_time_proposal_basis")),
        sa.CheckConstraint("(decided_at IS NULL) = (decided_by_id IS NULL)", name=op.f("ck_time_proposal_decided")),
        sa.CheckConstraint("(decided_at IS NULL) = (granted IS NULL)", name=op.f("ck_time_proposal_granted")),
        sa.CheckConstraint("seconds > 0", name=op.f("ck_time_proposal_seconds")),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name=op.f("fk_time_proposal_attempt_id")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["account.id"], name=op.f("fk_time_proposal_decided_by_id")),
        sa.ForeignKeyConstraint(["proposed_by_id"], ["account.id"], name=op.f("fk_time_proposal_proposed_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_time_proposal")),
    )
    with op.batch_alter_table("time_proposal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_time_proposal_attempt_id"), ["attempt_id"], unique=False)

    op.create_table(
        "time_grant",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("attempt_id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=True),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("added_seconds", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("deadline_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deadline_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_time_grant_reason")),
        sa.CheckConstraint("seconds > 0 AND added_seconds >= 0", name=op.f("ck_time_grant_seconds")),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name=op.f("fk_time_grant_attempt_id")),
        sa.ForeignKeyConstraint(["by_id"], ["account.id"], name=op.f("fk_time_grant_by_id")),
        sa.ForeignKeyConstraint(["proposal_id"], ["time_proposal.id"], name=op.f("fk_time_grant_proposal_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_time_grant")),
        sa.UniqueConstraint("proposal_id", name=op.f("uq_time_grant_proposal_id")),
    )
    with op.batch_alter_table("time_grant", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_time_grant_attempt_id"), ["attempt_id"], unique=False)

    add("attempt", ("device", sa.String(64), ""), ("version", sa.Integer(), "1"), ("save_count", sa.Integer(), "0"))
    op.execute("UPDATE attempt SET save_count = (SELECT count(*) FROM save WHERE save.attempt_id = attempt.id)")
    add("first_access", ("device", sa.String(64), ""), ("sealed", sa.Boolean(), sa.false()))
    add("later_access", ("device", sa.String(64), ""))
    add("late_save", ("cause", sa.String(10), "time"), ("admit_reason", sa.String(300), ""))
    with op.batch_alter_table("late_save") as table:
        table.add_column(sa.Column("admitted_at", sa.DateTime(timezone=True)))
        table.add_column(sa.Column("admitted_by_id", sa.Integer()))
        table.create_foreign_key(op.f("fk_late_save_admitted_by_id"), "account", ["admitted_by_id"], ["id"])
        table.create_check_constraint(op.f("ck_late_save_cause"), "cause IN ('time', 'conflict')")
        table.create_check_constraint(op.f("ck_late_save_admitted"), "(admitted_at IS NULL) = (admitted_by_id IS NULL)")
        table.create_check_constraint(op.f("ck_late_save_reason"), "admitted_at IS NULL OR admit_reason <> ''")
    add("save", ("prev_seen", sa.String(64), ""))
    sqlite = op.get_bind().dialect.name == "sqlite"
    with op.batch_alter_table("save", recreate="always" if sqlite else "auto") as table:
        table.add_column(sa.Column("restored_at", sa.DateTime(timezone=True)))
        table.drop_index(op.f("ix_save_attempt_id"))
    add("task", ("withdraw_reason", sa.String(300), ""))
    with op.batch_alter_table("task") as table:
        table.add_column(sa.Column("withdrawn_at", sa.DateTime(timezone=True)))
        table.add_column(sa.Column("withdrawn_by_id", sa.Integer()))
        table.create_foreign_key(op.f("fk_task_withdrawn_by_id"), "account", ["withdrawn_by_id"], ["id"])
        table.create_check_constraint(op.f("ck_task_withdrawn"), "(withdrawn_at IS NULL) = (withdrawn_by_id IS NULL)")
        table.create_check_constraint(op.f("ck_task_reason"), "withdrawn_at IS NULL OR withdraw_reason <> ''")


def add(name: str, *columns: tuple[str, Any, Any]) -> None:
    """Columns that rows which are there already need a value for; the default goes again, as the models have none."""
    with op.batch_alter_table(name) as table:
        for column, kind, value in columns:
            table.add_column(sa.Column(column, kind, nullable=False, server_default=value))
    with op.batch_alter_table(name) as table:
        for column, kind, _value in columns:
            table.alter_column(column, existing_type=kind, existing_nullable=False, server_default=None)
