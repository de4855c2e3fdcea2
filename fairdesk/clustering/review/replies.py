"""Answers of a review as verdicts, and as steps of the history."""

from __future__ import annotations

from collections.abc import Mapping

import apsw

from fairdesk.clustering.review.asked import Asked, Reply
from fairdesk.clustering.review.questions import Kind
from fairdesk.clustering.verdicts.saying import say
from fairdesk.project import Project
from fairdesk.project.verdicts import keep_answered, outweigh
from fairdesk.words import tr


def keep_answer(project: Project, connection: apsw.Connection, asked: Asked, reply: Reply) -> bool:
    """Within a journal step: keep an answer as a verdict; "not sure" withdraws this person's earlier answers to the question.

    With it goes how the question was answered before. Returns whether earlier answers are withdrawn.
    """
    before = "".join(one.answered or _letter(one.one_person).upper() for one in asked.own)
    number, gone = say(project, connection, *asked.says(reply), anew=True)
    if reply is not Reply.UNSURE:
        keep_answered(connection, number, before + _letter(asked.same(reply)))
        return False
    withdrawn = {one.id for one in gone}
    for one in asked.own:
        if one.id not in withdrawn:
            outweigh(connection, one, one.faces)
    return bool(asked.own)


def _letter(one_person: bool) -> str:
    return "s" if one_person else "d"


def step_text(asked: Asked, reply: Reply, titles: Mapping[int, str]) -> str:
    """Return what the history calls an answer; `titles` are those of clusters."""
    if reply is Reply.UNSURE:
        return _not_sure(asked, titles)
    same = asked.same(reply)
    named = [titles[number] for number in asked.clusters if number in titles]
    if asked.kind is Kind.BELONGS and not named:
        return tr("A face belongs to others") if same else tr("A face is somebody else")
    who = named[0] if named else tr("Some faces")
    if asked.kind is Kind.BELONGS:
        return tr("A face belongs to {cluster}", cluster=who) if same else tr("A face is not {cluster}", cluster=who)
    return tr("{cluster}: one person", cluster=who) if same else tr("{cluster}: two people", cluster=who)


def _not_sure(asked: Asked, titles: Mapping[int, str]) -> str:
    named = [titles[number] for number in asked.clusters if number in titles]
    if asked.kind is Kind.BELONGS or not named:
        named = [tr("a face"), *(named or [tr("others")])]
    elif len(named) == 1:
        named = [tr("two of {cluster}", cluster=named[0])]
    whose = tr(" and ").join(named)
    others = ", ".join(asked.of_others)
    if asked.own and others:
        return tr("Not sure: {whose}; your earlier answer is withdrawn, that of {who} holds", whose=whose, who=others)
    if asked.own:
        return tr("Not sure: {whose}; an earlier answer is withdrawn", whose=whose)
    if others:
        return tr("Not sure: {whose}; the answer of {who} holds", whose=whose, who=others)
    return tr("Not sure: {whose}", whose=whose)
