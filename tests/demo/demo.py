"""The demo behind ./quickstart: starts stand-ins of the ZGW services and of a mail server, an engine if asked, and bptl;
runs cases from beginning to end and tells each step. Every process that it started ends with it."""
import argparse
import logging
import pathlib
import secrets
import shutil
import signal
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "tools"), str(HERE.parent / "standin")]

import chain  # noqa: E402
import instance  # noqa: E402
from programs import HOST_READY, Program, ProgramError
from report import Report  # noqa: E402
from rest import ENGINES, Rest  # noqa: E402
from settings import APP, Settings  # noqa: E402
from smtp import SmtpStandIn  # noqa: E402
from zgw import ZgwStandIn  # noqa: E402


def start_variables(zgw, number):
    """What a case starts with; see the head of zaak.bpmn."""
    return {
        "bptlAppId": APP,
        "organisatieRSIN": zgw.seed["rsin"],
        "catalogusDomein": zgw.seed["domein"],
        "zaaktypeIdentificatie": zgw.seed["zaaktypen"]["main"]["identificatie"],
        "zaakDetails": {"omschrijving": f"Lantaarnpaal {number} brandt niet", "toelichting": "Gemeld aan de balie"},
        "eigenschap": {"naam": next(iter(zgw.seed["eigenschappen"])), "waarde": f"paal {number}"},
        "objectUrl": f"https://objecten.example.nl/lantaarnpalen/{number}",
        "informatieobject": zgw.seed["documents"][0],
        "omschrijving": "Afgehandeld",
        "toelichting": "De lamp is vervangen",
        "sender": {"name": "Gemeente Voorbeeld", "email": "balie@example.nl"},
        "receiver": {"name": "Bewoner", "email": f"bewoner{number}@example.nl"},
        "template": "generiek",
        "context": {},
    }


class Demo:
    """Everything that runs, and the folder in which it all lies."""

    def __init__(self, options):
        self.options = options
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="bptl-quickstart-"))
        self.running = []  # to be stopped, last one first
        self.report = Report(options.instances)
        self.rest = None

    def start(self):
        say = self.report.say
        say(f"Logs and configuration are in {self.folder}")
        logging.basicConfig(filename=self.folder / "standins.log")
        self.zgw = ZgwStandIn()
        self.zgw.start()
        self.running.append(self.zgw)
        say(f"  ZGW services, a stand-in     {self.zgw.url}")
        self.smtp = SmtpStandIn(self.folder / "mail", starttls=True, user="bptl", password=secrets.token_hex(16))
        self.smtp.start()
        self.running.append(self.smtp)
        say(f"  mail server, a stand-in      smtp://127.0.0.1:{self.smtp.port}")
        settings = Settings(self.folder / "conf").use_zgw(self.zgw).use_mail(self.smtp).use_case()
        if self.options.engine:
            log = self.folder / "engine.log"
            engine = Program([ENGINES / "start", self.options.engine], log, ready=r"^engine ready (\d+)$", wait=300)
            self.running.append(engine)
            self.rest = Rest(f"http://127.0.0.1:{engine.match[1]}/engine-rest/")
            settings.use_engine(self.rest.url)
            say(f"  {self.options.engine:<28} {self.rest.url}")
        self.conf = settings.write()
        self.running.append(Program([self.options.bptl, "run", "--conf", self.conf], self.folder / "bptl.log", ready=HOST_READY))
        say(f"  bptl run --conf {self.conf}\n")

    def run(self):
        """The cases; the status of the program."""
        cases = [start_variables(self.zgw, number) for number in range(1, self.options.instances + 1)]
        if self.rest:
            self.report.say(f"Deployed tests/processes/zaak.bpmn on {self.options.engine}; cases: {len(cases)}")
            found = instance.run_cases(self.rest, cases, self.report)
        else:
            self.report.say(f"On the embedded engine, the tasks of tests/processes/zaak.bpmn one by one; cases: {len(cases)}")
            found = chain.run_cases(self.options.bptl, self.conf, cases, self.report)
        receiver = cases[0]["receiver"]["email"]
        for mail in [mail for mail in self.smtp.mails if receiver in mail["to"]]:
            self.report.mail(mail["subject"], receiver, mail["text"])
        if found[0].get("zaakUrl"):
            self.report.zaak(self.zgw, found[0]["zaakUrl"])
        return self.report.end()

    def stay(self):
        """For --keep: leaves everything running until Ctrl-C."""
        say = self.report.say
        say("\nEverything is still running; Ctrl-C ends it.")
        say(f"  {self.options.bptl} tasks --conf {self.conf}" if not self.rest else f"  instances: {self.rest.url}history/process-instance")
        say(f"  zaken: {self.zgw.zaken}zaken   mails: {self.folder / 'mail'}   logs: {self.folder}/*.log")
        signal.pause()

    def stop(self, keep_folder):
        for one in reversed(self.running):
            one.stop()
        if keep_folder:
            self.report.say(f"Logs: {self.folder}")
        else:
            shutil.rmtree(self.folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bptl", type=pathlib.Path, required=True)
    parser.add_argument("--engine", choices=("operaton", "camunda"))
    parser.add_argument("--instances", type=int, default=1)
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    for number in signal.SIGTERM, signal.SIGHUP:
        signal.signal(number, lambda *_: sys.exit(130))
    demo = Demo(options)
    status = 1
    try:
        demo.start()
        status = demo.run()
        if options.keep:
            demo.stay()
    except (ProgramError, RuntimeError) as error:
        demo.report.say(f"\nThe demo cannot go on: {error}")
    except KeyboardInterrupt:
        demo.report.say("\nstopped")
        status = status if options.keep else 130
    finally:
        demo.stop(keep_folder=status != 0)
    return status


if __name__ == "__main__":
    sys.exit(main())
