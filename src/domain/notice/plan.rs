//! Which notice for which fact, to whom, in which lane.
