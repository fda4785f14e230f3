"""The empty installation: processes, the first administrator with a one-time password, the organiser's invitation."""

from rehearsal.errors import expect
from rehearsal.report import Report
from rehearsal.world import World, invited


def start(world: World, report: Report) -> None:
    """Database, web and worker; the command makes the first administrator meanwhile."""
    world.service.start()
    world.admin.email, world.admin.secret = world.service.first_admin()
    world.service.wait()
    visitor = world.admin.browser.get("/")
    expect("login" in visitor.response.text, "первая страница посетителя не ведёт ко входу")


def enter(world: World, report: Report) -> None:
    """The administrator chooses a password of his own before anything else and invites the organiser."""
    admin = world.admin
    page = admin.browser.get("/login").form(r".*login.*").send({"email": admin.email, "secret": admin.secret})
    expect(page.path.startswith("/password"), f"{page}: с одноразовым паролем открылась не смена пароля")
    expect(admin.browser.get("/accounts").path.startswith("/password"), "одноразовый пароль пустил дальше смены пароля")
    admin.secret = "репетиция-установка"
    page.form(r".*password").send({"password": admin.secret, "again": admin.secret})
    admin.browser.get("/accounts/new").form(r".*accounts/new").send(
        {"name": world.organiser.name, "email": world.organiser.email, "role": "organiser"})
    page = admin.browser.get(f"/accounts?q={world.organiser.email}")
    page.form(r"/accounts/\d+/invitation").send()
    invited(world.organiser)
