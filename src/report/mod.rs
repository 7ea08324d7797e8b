//! The report: one serialisable value, and a renderer a format.
