//! The state document: a fold over the entries, as data that pages, Markdown and JSON show.
