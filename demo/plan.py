"""What the demonstration shows: three contests, each nomination and each application in a state of its own."""
from datetime import timedelta

from demo import beginnings, entrants, marking, papers, practice, sessions, theory, times
from demo.beginnings import announce, contest, event, nomination
from demo.cast import (
    CARD_HOLDER,
    COMMISSION,
    DRIVERS,
    ELECTRIC_EXPERTS,
    ELECTRICIANS,
    MASON_EXPERTS,
    MASONS,
    NOVOSIBIRSK,
    SECRETARY,
    TOMSK,
    WELDERS,
    WELDING_EXPERTS,
)
from demo.marking import Panel
from demo.story import Story
from demo.theory import Work

TITLE = "Лучший по профессии"
WELDING = Panel(WELDING_EXPERTS, WELDERS[:4],
                {"welder1": "strong", "welder2": "good", "welder3": "good", "welder4": "fair"},
                penalties={"welder4": "Снял щиток до остывания шва, 00:41:20 записи."}, apart=("welder2", 2))
WIRING = Panel(ELECTRIC_EXPERTS, ELECTRICIANS,
               {"electrician1": "good", "electrician2": "strong", "electrician3": "fair"})
PIPE = """Соберите и сварите неповоротный стык трубы 159 × 6 мм, сталь 20, ручная дуговая сварка.
1. Подготовьте рабочее место и средства защиты по перечню, покажите их в камеру.
2. Соберите стык с зазором 2–3 мм на трёх прихватках.
3. Сварите стык в три прохода: корневой, заполняющий, облицовочный.
4. Зачистите шов, покажите его по всей длине, приложите шаблон и снимите показания в камеру.
Норма времени 60 минут."""
CIRCUIT = """Соберите схему управления асинхронным двигателем с реверсом на магнитных пускателях.
1. Прочитайте схему, выберите аппараты, покажите их в камеру.
2. Выполните монтаж на щите, промаркируйте провода.
3. До подачи напряжения проверьте отсутствие короткого замыкания и сопротивление изоляции.
4. Пригласите ответственного за площадку подать напряжение и покажите работу схемы.
Норма времени 90 минут."""
WALL = """Выложите участок стены в полтора кирпича с проёмом по чертежу, цепная перевязка, 48 кирпичей.
Норма времени 120 минут. Результат покажите в камеру с правилом и уровнем."""


def tell(story: Story) -> None:
    """Plan every act of the demonstration."""
    beginnings.staff(story, at=story.day(-70, "09:00"))
    tomsk(story)
    welders(story)
    electricians(story)
    masons(story)
    drivers(story)
    contest(story, "omsk", at=story.day(-1, "16:00"), crew=None, title=f"{TITLE}: сельское хозяйство",
            region="Омская область", zone="Asia/Omsk",
            operator_name="Министерство труда и социального развития Омской области")


def tomsk(story: Story) -> None:
    """The contest in which everything happens."""
    contest(story, "tomsk", at=story.day(-60, "10:00"), crew=TOMSK, title=TITLE, region="Томская область",
            zone="Asia/Tomsk", operator_name="Департамент труда и занятости населения Томской области",
            operator_address="634041, г. Томск, ул. Киевская, 76", operator_inn="7017069406",
            contact_phone="8 3822 00-00-01", order_ref="приказ № 58",
            applications_open_at=story.day(-57, "09:00"), applications_close_at=story.day(-35, "18:00"))
    for key, title, experts in (("welders", "сварщик", WELDING_EXPERTS),
                                ("electricians", "электромонтёр", ELECTRIC_EXPERTS),
                                ("masons", "каменщик", MASON_EXPERTS)):
        nomination(story, "tomsk", key, at=story.day(-59, "10:00"), title=f"Лучший {title}", profession=title,
                   experts=experts)
    announce(story, "tomsk", at=story.day(-58, "12:00"))
    for key, people, sent in (("welders", WELDERS, -50), ("electricians", ELECTRICIANS, -48), ("masons", MASONS, -46)):
        entrants.admitted(story, key, people, TOMSK, sent=story.day(sent, "09:30"), reviewed=story.day(-40, "11:00"))
    beginnings.signing_keys(story, (*WELDING_EXPERTS, *ELECTRIC_EXPERTS, *COMMISSION, SECRETARY),
                            at=story.day(-33, "12:00"))


def _prepare(story: Story, key: str, file: str, title: str) -> None:
    theory.load_bank(story, key, at=story.day(-32, "10:00"), file=f"{file}.gift", title=f"{title}, теория")
    marking.load_scheme(story, key, at=story.day(-32, "12:00"), file=f"{file}_scheme.xlsx")


def _events(story: Story, key: str, first: int, second: int) -> None:
    """Theory and practice on two days, entered a month before."""
    made = story.day(-33, "10:00")
    event(story, key, "theory", at=made, starts_at=story.day(first, "10:00"), lasts=timedelta(hours=2))
    event(story, key, "practice", at=made, starts_at=story.day(second, "10:00"), lasts=timedelta(hours=3))


def welders(story: Story) -> None:
    """Finished: from the draw to the final publication."""
    key, came = "welders", WELDERS[:4]
    _events(story, key, -17, -16)
    _prepare(story, key, "welder", "Сварщик")
    theory.sitting(story, key, at=story.day(-31, "10:00"), limit=timedelta(minutes=40))
    practice.task(story, key, at=story.day(-31, "11:00"), title="Сварка стыка трубы", text=PIPE,
                  lasts=timedelta(hours=3),
                  drawing=("Труба 159 × 6, сталь 20.", "Разделка V-образная, 30°.", "Зазор 2–3 мм."))
    entrants.draw(story, key, at=story.day(-20, "11:00"), numbers="17 4 23 8 11")
    entrants.briefing(story, key, came, at=story.day(-19, "15:00"), signed=story.day(-18, "11:00"),
                      title="Инструктаж по охране труда: электросварочные работы")
    entrants.vouch(story, came[:3], at=story.day(-17, "09:00"))
    entrants.show(story, came[3], at=story.day(-17, "09:05"))
    entrants.approve(story, came[3], at=story.day(-17, "09:20"))
    lost, none = timedelta(seconds=200), timedelta(0)
    for person, wrong, finished, gap in ((came[0], (7,), True, none), (came[1], (4, 8), True, lost),
                                         (came[2], (6,), True, none), (came[3], (2, 5, 9), False, none)):
        theory.take(story, key, person, Work(wrong, finished=finished, lost=gap), at=story.day(-17, "10:02"))
    times.propose(story, came[1], at=story.day(-17, "10:10"))
    times.grant(story, came[1], WELDING_EXPERTS[0], at=story.day(-17, "10:11"))
    times.late(story, came[3], at=story.day(-17, "10:43"))
    entrants.absent(story, WELDERS[4], at=story.day(-17, "11:30"), reason="не вышел на связь до конца теории")
    theory.sweep(story, at=story.day(-17, "10:45"))
    practice.look(story, key, WELDING_EXPERTS[0], at=story.day(-16, "09:10"))
    for number, person in enumerate(came):
        practice.perform(story, key, person, at=story.day(-16, "10:00") + timedelta(seconds=20 + 35 * number),
                         lasts=timedelta(minutes=58 + 6 * number), again=number == 1, paper=number == 0,
                         sealed=number > 0)
    practice.protocol(story, key, at=story.day(-16, "18:00"))
    _mark(story, key, WELDING, first=-16)
    papers.remark(story, papers.protocol_key(key), WELDING_EXPERTS[1], WELDING_EXPERTS[0], at=story.day(-13, "12:00"),
                  text="Укажите в приложении время остановки у второго участника.",
                  reply="Остановок не было: время второго участника проверено по записи.")
    papers.agree(story, papers.protocol_key(key), WELDING_EXPERTS, at=story.day(-13, "13:00"))
    papers.freeze(story, papers.protocol_key(key), WELDING_EXPERTS[0], at=story.day(-13, "16:00"))
    papers.sign(story, papers.protocol_key(key), WELDING_EXPERTS, at=story.day(-13, "16:30"))
    papers.hand_over(story, papers.protocol_key(key), WELDING_EXPERTS[0], at=story.day(-12, "10:00"),
                     accepted=story.day(-12, "11:00"))
    _decide(story)


def _decide(story: Story) -> None:
    """The commission meets about the welders, its protocol is signed, results are published twice."""
    signers = (COMMISSION[0], SECRETARY)
    sessions.call(story, "meeting", "welders", at=story.day(-12, "15:00"), starts_at=story.day(-10, "15:00"))
    sessions.hold(story, "meeting", at=story.day(-10, "15:00"), absent=COMMISSION[4], aloud=COMMISSION[2])
    papers.approve(story, "meeting:protocol", COMMISSION[0], at=story.day(-10, "16:20"))
    papers.agree(story, "meeting:protocol", signers, at=story.day(-10, "16:40"))
    papers.freeze(story, "meeting:protocol", COMMISSION[0], at=story.day(-10, "17:10"))
    papers.sign(story, "meeting:protocol", signers, at=story.day(-9, "09:30"))
    sessions.publish(story, "welders", "preliminary", at=story.day(-9, "16:00"))
    sessions.publish(story, "welders", "final", at=story.day(-2, "12:00"))


def _mark(story: Story, key: str, panel: Panel, *, first: int) -> None:
    """Sheets from their assignment on day `first` to the draft of the protocol three days later."""
    marking.assign(story, key, at=story.day(first, "15:00"))
    marking.mark_all(story, key, panel, at=story.day(first + 1, "10:00"))
    marking.reconcile(story, key, panel, at=story.day(first + 2, "10:00"))
    marking.sign_all(story, key, panel, at=story.day(first + 2, "14:00"))
    papers.draft(story, key, panel.experts[0], at=story.day(first + 3, "10:00"))


def electricians(story: Story) -> None:
    """The experts' protocol waits for its last signature."""
    key, chair = "electricians", ELECTRIC_EXPERTS[0]
    _events(story, key, -6, -5)
    _prepare(story, key, "electrician", "Электромонтёр")
    theory.sitting(story, key, at=story.day(-31, "10:10"), limit=timedelta(minutes=40))
    practice.task(story, key, at=story.day(-31, "11:10"), title="Сборка схемы управления", text=CIRCUIT,
                  lasts=timedelta(hours=3), drawing=("Пускатели КМ1, КМ2 с блокировкой.", "Цепь управления 220 В."))
    entrants.draw(story, key, at=story.day(-9, "11:00"), numbers="5 19 30")
    entrants.briefing(story, key, ELECTRICIANS, at=story.day(-8, "15:00"), signed=story.day(-7, "11:00"),
                      title="Инструктаж по охране труда: работы в электроустановках")
    entrants.vouch(story, ELECTRICIANS, at=story.day(-6, "09:00"))
    for person, wrong in zip(ELECTRICIANS, ((5,), (7,), (1, 6, 8)), strict=True):
        theory.take(story, key, person, Work(wrong), at=story.day(-6, "10:01"))
    for number, person in enumerate(ELECTRICIANS):
        practice.perform(story, key, person, at=story.day(-5, "10:00") + timedelta(seconds=15 + 40 * number),
                         lasts=timedelta(minutes=84 + 7 * number), sealed=True)
    practice.protocol(story, key, at=story.day(-5, "18:00"))
    _mark(story, key, WIRING, first=-5)
    protocol = papers.protocol_key(key)
    papers.agree(story, protocol, ELECTRIC_EXPERTS, at=story.day(-2, "13:00"))
    papers.freeze(story, protocol, chair, at=story.day(-1, "10:00"))
    papers.sign(story, protocol, ELECTRIC_EXPERTS[:2], at=story.day(-1, "11:00"))
    sessions.call(story, "next meeting", key, at=story.day(-1, "15:00"), starts_at=story.day(3, "15:00"))


def masons(story: Story) -> None:
    """Theory is under way at this very hour; practice is tomorrow."""
    key, opens = "masons", story.ago(minutes=40).replace(second=0, microsecond=0)
    made = story.day(-5, "10:00")
    event(story, key, "theory", at=made, starts_at=opens, lasts=timedelta(hours=14))
    event(story, key, "practice", at=made, starts_at=story.day(1, "10:00"), lasts=timedelta(hours=3))
    _prepare(story, key, "mason", "Каменщик")
    theory.sitting(story, key, at=story.day(-4, "10:00"), limit=timedelta(hours=6))
    practice.task(story, key, at=story.day(-4, "11:00"), title="Кладка стены с проёмом", text=WALL,
                  lasts=timedelta(hours=3), drawing=("Стена в полтора кирпича.", "Проём 510 × 300 мм."))
    entrants.draw(story, key, at=story.day(-3, "11:00"), numbers="2 14 9 27")
    entrants.briefing(story, key, MASONS[:3], at=story.day(-2, "15:00"), signed=story.day(-1, "11:00"),
                      title="Инструктаж по охране труда: каменные работы")
    entrants.vouch(story, MASONS[:2], at=story.day(-1, "17:00"))
    entrants.card(story, CARD_HOLDER, at=story.day(-1, "18:00"))
    theory.take(story, key, MASONS[0], Work(wrong=(4,), answered=3, finished=False, lost=timedelta(seconds=200)),
                at=story.ago(minutes=25))
    times.propose(story, MASONS[0], at=story.ago(minutes=10))
    entrants.show(story, MASONS[2], at=story.ago(minutes=12))


def drivers(story: Story) -> None:
    """Applications are open, one in every state."""
    contest(story, "novosibirsk", at=story.day(-8, "10:00"), crew=NOVOSIBIRSK, title=f"{TITLE}: транспорт",
            region="Новосибирская область", zone="Asia/Novosibirsk",
            operator_name="Министерство труда и социального развития Новосибирской области",
            operator_address="630007, г. Новосибирск, Красный проспект, 18", contact_phone="8 383 000-00-02",
            order_ref="приказ № 17", applications_open_at=story.day(-6, "09:00"),
            applications_close_at=story.day(14, "18:00"))
    nomination(story, "novosibirsk", "drivers", at=story.day(-8, "11:00"), title="Лучший водитель автобуса",
               profession="водитель автобуса", experts=(), years=1)
    announce(story, "novosibirsk", at=story.day(-7, "12:00"))
    draft, _sent, registered, returned, proposed, rejected, withdrawn, admitted = DRIVERS
    for number, person in enumerate(DRIVERS):
        entrants.application(story, "drivers", person, at=story.day(-5, "09:00") + timedelta(minutes=40 * number),
                             town="г. Новосибирск", experience="0" if person is rejected else "7",
                             sent=person is not draft)
    reviewed = (registered, returned, proposed, rejected, withdrawn, admitted)
    for number, person in enumerate(reviewed):
        entrants.register(story, person, NOVOSIBIRSK, at=story.day(-4, "10:00") + timedelta(minutes=9 * number))
    entrants.send_back(story, returned, NOVOSIBIRSK, at=story.day(-3, "10:00"))
    entrants.withdraw(story, withdrawn, at=story.day(-3, "12:00"))
    for person, refusal in ((proposed, ""), (rejected, "Стаж по профессии меньше года."), (admitted, "")):
        entrants.propose(story, person, NOVOSIBIRSK, at=story.day(-3, "14:00"), refusal=refusal)
        if person is not proposed:
            entrants.decide(story, person, NOVOSIBIRSK, at=story.day(-2, "11:00"), refusal=refusal)
