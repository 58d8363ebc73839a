"""UserDetailsTask against the stand-in of the ZAC."""
import json

import pytest
from settings import APP

UNIT = "UserDetailsTask"
USERS = "api/accounts/users"
ONE = {"email": "medewerker1@gemeente.test", "firstName": "Eerste", "lastName": "Medewerker", "username": "medewerker1",
       "name": "Eerste Medewerker"}
TWO = {"email": "medewerker2@gemeente.test", "firstName": "Tweede", "lastName": "Medewerker", "username": "medewerker2",
       "name": "Tweede Medewerker"}
NAMELESS = {"email": "medewerker3@gemeente.test", "firstName": "", "lastName": "", "username": "medewerker3",
            "name": "Medewerker"}


def people(run, **variables):
    return json.loads(run.done(UNIT, **variables)["userData"])


def test_users_are_read_in_one_request_and_are_their_own_assignees(run):
    found = people(run, usernames=["user:medewerker1", "user:medewerker3"])
    assert found == [{**ONE, "assignee": "user:medewerker1"}, {**NAMELESS, "assignee": "user:medewerker3"}]
    assert run.queries == [(USERS, {"include_username": ["medewerker1", "medewerker3"]})]


def test_groups_are_read_one_by_one_and_come_in_the_order_that_was_given(run):
    found = people(run, usernames=["group:team-twee", "user:medewerker2", "GROUP:team-een"])
    assert found == [{**TWO, "assignee": "user:medewerker2"}, {**NAMELESS, "assignee": "group:team-twee"},
                     {**ONE, "assignee": "group:team-een"}, {**TWO, "assignee": "group:team-een"}]  # fmt: skip
    assert sorted(run.queries, key=str) == [
        (USERS, {"include_groups": ["team-een"]}), (USERS, {"include_groups": ["team-twee"]}),
        (USERS, {"include_username": ["medewerker2"]}),
    ]  # fmt: skip


def test_groups_alone_ask_for_no_user(run):
    assert [one["username"] for one in people(run, usernames=["group:team-een"])] == ["medewerker1", "medewerker2"]
    assert len(run.requests) == 1


def test_any_other_prefix_means_a_user(run):
    assert people(run, usernames=["wie:medewerker1"]) == [{**ONE, "assignee": "user:medewerker1"}]


def test_addresses_are_read_when_there_are_no_usernames(run):
    found = people(run, usernames=[], emailaddresses=["medewerker1@gemeente.test", "medewerker2@gemeente.test"])
    assert found == [ONE, TWO]
    assert run.queries == [(USERS, {"include_email": ["medewerker1@gemeente.test", "medewerker2@gemeente.test"]})]


def test_usernames_go_before_addresses(run):
    found = people(run, usernames=["user:medewerker1"], emailaddresses=["medewerker2@gemeente.test"])
    assert [one["username"] for one in found] == ["medewerker1"]


def test_names_are_encoded_in_the_query(run):
    assert people(run, usernames=["user:a&include_groups=team-een", "group:naam met spatie/é"]) == []
    assert sorted(run.queries, key=str) == [
        (USERS, {"include_groups": ["naam met spatie/é"]}), (USERS, {"include_username": ["a&include_groups=team-een"]}),
    ]  # fmt: skip


def test_the_notification_list_says_who_is_wanted(run):
    names = ["user:medewerker1", "user:medewerker2", "group:team-twee"]
    found = people(run, usernames=names, emailNotificationList={"user:medewerker2": True, "group:team-twee": False})
    assert [one["username"] for one in found] == ["medewerker2"]
    assert len(run.requests) == 1


@pytest.mark.parametrize("empty", [..., None, "", {}], ids=repr)
def test_an_empty_notification_list_means_everybody(run, empty):
    found = people(run, usernames=["user:medewerker1", "user:medewerker2"], emailNotificationList=empty)
    assert [one["username"] for one in found] == ["medewerker1", "medewerker2"]


def test_nobody_left_by_the_notification_list_is_no_failure_and_no_request(run):
    assert people(run, usernames=["user:medewerker1"], emailNotificationList={"medewerker1": True}) == []
    assert run.requests == []


def test_all_pages_are_read(run, zgw):
    zgw.page_size = 1
    assert [one["username"] for one in people(run, usernames=["group:team-een"])] == ["medewerker1", "medewerker2"]


@pytest.mark.parametrize("empty", [..., None, "", []], ids=repr)
def test_neither_usernames_nor_addresses_is_a_failure_that_names_both(run, empty):
    run.failed(UNIT, "usernames", "emailaddresses", usernames=empty, emailaddresses=empty)
    assert run.requests == []


@pytest.mark.parametrize("entry", ["medewerker1", "user:", 12, None], ids=repr)
def test_an_entry_that_is_no_assignee_is_refused_before_anything_is_sent(run, entry):
    run.failed(UNIT, "usernames", usernames=["user:medewerker1", entry])
    assert run.requests == []


@pytest.mark.parametrize("address", ["geen adres", "a@b@c.nl", 5])
def test_an_address_that_is_none_is_refused_before_anything_is_sent(run, address):
    run.failed(UNIT, "emailaddresses", "entry 2", emailaddresses=["medewerker1@gemeente.test", address])
    assert run.requests == []


@pytest.mark.parametrize("email", ["", None, "geen adres", ...], ids=repr)
def test_a_user_without_a_valid_address_fails_the_task_with_the_users_name(run, zgw, email):
    zgw.state.users[1].pop("email")
    if email is not ...:
        zgw.state.users[1]["email"] = email
    run.failed(UNIT, "medewerker2", "mail address", usernames=["group:team-een"])


@pytest.mark.parametrize("member", ["firstName", "lastName", "username"])
def test_a_user_without_a_member_fails_the_task_with_the_members_name(run, zgw, member):
    del zgw.state.users[1][member]
    zgw.state.users[1].setdefault("username", None)
    run.failed(UNIT, member, usernames=["group:team-een"])


def test_names_that_are_null_are_blank(run, zgw):
    zgw.state.users[0].update(firstName=None)
    zgw.state.users[1].update(firstName=" ", lastName=None)
    assert [one["name"] for one in people(run, usernames=["group:team-een"])] == ["Medewerker", "Medewerker"]


@pytest.mark.parametrize("app, client", [(..., "bptl"), (APP, "app")], ids=["without", "with"])
def test_the_credentials_are_the_apps_when_there_is_one(run, app, client):
    people(run, usernames=["user:medewerker1"], bptlAppId=app)
    assert [request["client"] for request in run.requests] == [client]


def test_one_refused_request_fails_the_task(run, zgw):
    zgw.fault("GET", USERS, 403, times=1)
    run.failed(UNIT, "read the users", "403", usernames=["user:medewerker1", "group:team-een"])


def test_a_broken_zac_is_tried_again_later(run, zgw):
    zgw.fault("GET", USERS, 503, times=-1)
    run.failed(UNIT, "read the users", "503", permanent=False, usernames=["user:medewerker1"])
