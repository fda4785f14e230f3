"""Roles of the contest: their names in code, their words, the scope they are bound to, and the work each may do."""

PARTICIPANT = "participant"
ORGANISATION = "organisation"
ORGANISER = "organiser"
SECRETARY = "secretary"
SITE = "site"
TECHNICAL_EXPERT = "technical_expert"
PROCTOR = "proctor"
EXPERT = "expert"
EXPERT_CHAIR = "expert_chair"
MEMBER = "member"
MEMBER_CHAIR = "member_chair"
APPEALS = "appeals"
SUPPORT = "support"
ADMIN = "admin"
AUDITOR = "auditor"

WORDS: dict[str, str] = {
    PARTICIPANT: "участник",
    ORGANISATION: "представитель организации",
    ORGANISER: "организатор",
    SECRETARY: "секретарь",
    SITE: "ответственный за площадку",
    TECHNICAL_EXPERT: "технический эксперт на площадке",
    PROCTOR: "наблюдатель",
    EXPERT: "эксперт",
    EXPERT_CHAIR: "председатель экспертной группы",
    MEMBER: "член комиссии",
    MEMBER_CHAIR: "председатель комиссии",
    APPEALS: "член апелляционной комиссии",
    SUPPORT: "техническая поддержка",
    ADMIN: "администратор",
    AUDITOR: "аудитор",
}

STAFF = frozenset({ORGANISER, SECRETARY})
EXPERTS = frozenset({EXPERT, EXPERT_CHAIR})
COMMISSION = frozenset({MEMBER, MEMBER_CHAIR})
IDENTIFIERS = frozenset({PROCTOR, SITE, ORGANISER})

BODY_ROLES: dict[str, dict[str, str]] = {
    "commission": {"chair": MEMBER_CHAIR, "deputy": MEMBER, "secretary": SECRETARY, "member": MEMBER},
    "expert_group": {"chair": EXPERT_CHAIR, "member": EXPERT},
    "appeals": {"chair": APPEALS, "member": APPEALS},
}
"""Which role a duty in a body gives. A chair of experts also scores, so `expert_chair` is in EXPERTS."""

DUTY_WORDS: dict[str, str] = {"chair": "председатель", "deputy": "заместитель председателя", "secretary": "секретарь",
                              "member": "член состава"}

APPOINTED: dict[str, str] = {
    ORGANISER: "contest",
    SECRETARY: "contest",
    SITE: "contest",
    TECHNICAL_EXPERT: "contest",
    PROCTOR: "contest",
    SUPPORT: "contest",
    AUDITOR: "contest",
}
"""Roles given directly by the organiser, and the scope they are bound to."""
