"""Who takes part in the demonstration. All people are invented."""
from dataclasses import dataclass

PASSWORD = "konkurs-demo-2026"  # noqa: S105 (printed by `make demo`, demonstration data only)
SIGNING = "подпись-demo-2026"
PIN = "402719"
DOMAIN = "demo.example"


@dataclass(frozen=True)
class Person:
    """Somebody of the cast; `key` is the part of the address before @."""

    key: str
    name: str
    work: str = ""

    @property
    def email(self) -> str:
        """The address to log in with."""
        return f"{self.key}@{DOMAIN}"


ADMIN = Person("admin", "Седых Павел Андреевич", "администратор системы")
ORGANISER = Person("organiser", "Осипова Марина Петровна", "Департамент труда и занятости населения")
SECRETARY = Person("secretary", "Дёмина Ольга Викторовна", "Департамент труда и занятости населения")
PROCTOR = Person("proctor", "Дроздов Илья Сергеевич", "Центр развития квалификаций")
SITE = Person("site", "Гущин Виктор Павлович", "ООО «Северный трубный завод»")
AUDITOR = Person("auditor", "Ларина Вера Олеговна", "контрольный отдел")

COMMISSION = (
    Person("chair", "Мельников Андрей Степанович", "заместитель начальника департамента"),
    Person("member1", "Белова Татьяна Юрьевна", "союз «Торгово-промышленная палата»"),
    Person("member2", "Кравцов Олег Иванович", "федерация профсоюзных организаций"),
    Person("member3", "Юсупова Диана Ринатовна", "политехнический техникум"),
    Person("member4", "Фомин Сергей Львович", "ассоциация сварщиков"),
)
WELDING_EXPERTS = (
    Person("expert-chair", "Логинов Николай Фёдорович", "главный сварщик, АО «Сибмонтаж»"),
    Person("expert1", "Рябова Елена Максимовна", "преподаватель, политехнический техникум"),
    Person("expert2", "Тихонов Артём Игоревич", "инженер по сварке, ООО «Промсварка»"),
)
ELECTRIC_EXPERTS = (
    Person("el-chair", "Зимин Роман Олегович", "главный энергетик, АО «Томскэнерго»"),
    Person("el-expert1", "Горшкова Анна Петровна", "мастер производственного обучения"),
    Person("el-expert2", "Власов Денис Юрьевич", "инженер-электрик"),
)
MASON_EXPERTS = (
    Person("mason-chair", "Кольцов Фёдор Ильич", "прораб, ООО «Томскстрой»"),
    Person("mason-expert1", "Миронова Юлия Сергеевна", "преподаватель, строительный техникум"),
)
NOVOSIBIRSK_SECRETARY = Person("nsk-secretary", "Ильина Светлана Павловна", "Министерство труда")
NOVOSIBIRSK_COMMISSION = (
    Person("nsk-chair", "Захаров Виктор Николаевич", "заместитель министра"),
    Person("nsk-member1", "Титова Галина Ивановна", "автотранспортный техникум"),
    Person("nsk-member2", "Маслов Андрей Юрьевич", "союз автомобильных перевозчиков"),
)
WELDERS = tuple(Person(f"welder{n}", name, work) for n, (name, work) in enumerate((
    ("Зайцев Роман Игоревич", "ООО «Промсварка»"), ("Гаврилов Степан Олегович", "АО «Сибмонтаж»"),
    ("Никитина Алёна Дмитриевна", "ООО «Томскмонтаж»"), ("Абрамов Кирилл Андреевич", "ООО «Северный трубный завод»"),
    ("Поляков Егор Валерьевич", "ПАО «Томскнефтехиммаш»")), 1))
ELECTRICIANS = tuple(Person(f"electrician{n}", name, work) for n, (name, work) in enumerate((
    ("Комаров Виталий Юрьевич", "АО «Томскэнерго»"), ("Сафонова Ирина Леонидовна", "ООО «Электросеть»"),
    ("Быков Антон Романович", "МУП «Горсвет»")), 1))
MASONS = tuple(Person(f"mason{n}", name, work) for n, (name, work) in enumerate((
    ("Ершов Михаил Петрович", "ООО «Томскстрой»"), ("Доронин Алексей Ильич", "ООО «Кирпич»"),
    ("Лазарева Мария Сергеевна", "ООО «Томскстрой»"), ("Ким Вадим Борисович", "АО «Домостроитель»")), 1))
DRIVERS = tuple(Person(f"driver{n}", name, work) for n, (name, work) in enumerate((
    ("Орлов Пётр Семёнович", "МУП «Автобусный парк № 2»"), ("Жуков Глеб Антонович", "ООО «Пассажирские линии»"),
    ("Панин Юрий Львович", "МУП «Автобусный парк № 2»"), ("Соболь Инна Павловна", "ООО «Маршрут»"),
    ("Рогов Тимур Маратович", "ООО «Маршрут»"), ("Чернов Иван Кузьмич", "МУП «Автобусный парк № 1»"),
    ("Лосев Денис Петрович", "ООО «Пассажирские линии»"), ("Кузина Вера Ильинична", "МУП «Автобусный парк № 1»")), 1))
CARD_HOLDER = MASONS[1]


@dataclass(frozen=True)
class Crew:
    """Who runs a contest: its commission, chair first, its secretary, and the people of the day with their roles."""

    secretary: Person
    commission: tuple[Person, ...]
    others: tuple[tuple[Person, str], ...] = ()


TOMSK = Crew(SECRETARY, COMMISSION, ((PROCTOR, "proctor"), (SITE, "site"), (AUDITOR, "auditor")))
NOVOSIBIRSK = Crew(NOVOSIBIRSK_SECRETARY, NOVOSIBIRSK_COMMISSION)
