"""How far a change of an input reaches: a pass over the graph finds what must be computed anew."""

from getdsl.compiler.reach.course import Course, Way, course_of

__all__ = ["Course", "Way", "course_of"]
