"""Lessons: what a class is shown, asked and told, each step held against the real compiler."""

from __future__ import annotations

from inspector.lessons.facts import Finding, find, judge
from inspector.lessons.lesson import Claim, Fact, Lesson, Light, Prediction, Show, Step
from inspector.lessons.library import Listed, find_lesson, lessons
from inspector.lessons.parse import parse_lesson

__all__ = [
    "Claim",
    "Fact",
    "Finding",
    "Lesson",
    "Light",
    "Listed",
    "Prediction",
    "Show",
    "Step",
    "find",
    "find_lesson",
    "judge",
    "lessons",
    "parse_lesson",
]
