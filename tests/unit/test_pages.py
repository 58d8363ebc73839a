"""Pages that are made from the code must be those that the code makes now."""
import subprocess

from testbed import ROOT


def test_the_page_of_work_units_is_what_the_plugins_declare(bptl, tmp_path):
    conf = tmp_path / "units.ini"
    plugins = "".join(f"[plugin {name}]\n" for name in ("zgw", "zac", "camunda_api", "mail"))
    conf.write_text(f"[host]\nstate = {tmp_path}/state\n{plugins}")
    made = subprocess.run([bptl, "units", "--markdown", "--conf", conf], capture_output=True, text=True, timeout=60)
    assert made.returncode == 0, made.stderr
    page = (ROOT / "docs" / "work-units.md").read_text(encoding="utf-8")
    assert page == made.stdout, ("docs/work-units.md is stale: bptl units --markdown --conf FILE > docs/work-units.md, with a FILE of the "
                                 "four [plugin] sections in the order zgw, zac, camunda_api, mail")
