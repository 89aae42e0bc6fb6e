//! What Prometheus scrapes: one struct, registered once, no label of unbounded values.
