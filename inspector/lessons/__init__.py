"""Lessons: what a class is shown, asked and told, each step held against the real compiler."""

from __future__ import annotations

from inspector.lessons.facts import ClaimChecked, find, judge
from inspector.lessons.lesson import Claim, Lesson, LessonFact, Light, Prediction, Staging, Step
from inspector.lessons.library import Listed, find_lesson, lessons
from inspector.lessons.parse import parse_lesson

__all__ = [
    "Claim",
    "ClaimChecked",
    "Lesson",
    "LessonFact",
    "Light",
    "Listed",
    "Prediction",
    "Staging",
    "Step",
    "find",
    "find_lesson",
    "judge",
    "lessons",
    "parse_lesson",
]
