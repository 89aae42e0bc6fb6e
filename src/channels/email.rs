//! Mail through an SMTP server: one thread per incident, the same bytes on every attempt.
