//! The fold: what each entry does to the incident.
