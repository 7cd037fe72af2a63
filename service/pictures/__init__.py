"""Answers as pictures: SVG that reads in light and dark, with a title and a text for those who do not see it. Pure."""
